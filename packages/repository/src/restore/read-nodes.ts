import type { Node } from '../format/node.ts'
import { readTree } from '../format/tree.ts'
import type { RestoreThread } from './restore-thread.ts'

/** Trees up to this size are parsed whole before their first node is given out, so their bytes may then be overwritten. */
const parsedAtOnceBytes = 8 << 20

/** The bytes of a tree. They stay valid until the next blob is read, those of a very large one for ever. */
export function treeBytes(thread: RestoreThread, tree: string): Buffer {
  const { at, length } = thread.blobs.read(tree, thread.treeReadAheadBytes)
  const bytes = thread.arena.bytes.subarray(at, at + length)
  return length > parsedAtOnceBytes ? Buffer.from(bytes) : bytes
}

/** The nodes of a directory; other blobs may be read between them. */
export function readNodes(thread: RestoreThread, tree: string): Iterable<Node> {
  return readTree(treeBytes(thread, tree), tree)
}
