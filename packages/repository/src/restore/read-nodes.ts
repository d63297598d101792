import type { Node } from '../format/node.ts'
import { divideTree, readTree, treeOfPart } from '../format/tree.ts'
import type { DirectoryPart, DirectoryTask } from './restore-protocol.ts'
import type { RestoreThread } from './restore-thread.ts'

/** Trees up to this size are parsed whole before their first node is given out, so their bytes may then be overwritten. */
const parsedAtOnceBytes = 8 << 20

/** The bytes of a tree. They stay valid until the next blob is read, those of a very large one for ever. */
export function treeBytes(thread: RestoreThread, tree: string): Buffer {
  const { at, length } = thread.blobs.read(tree, thread.treeReadAheadBytes)
  const bytes = thread.arena.bytes.subarray(at, at + length)
  return length > parsedAtOnceBytes ? Buffer.from(bytes) : bytes
}

/** Entries that one worker restores of a directory that several share. */
const partNodes = 2048
/** A tree from this size on has several thousand nodes. */
const dividedBytes = 2 << 20

/** The nodes of a directory, or its parts when it is so large that several workers should restore it. */
export function openDirectoryTree(
  thread: RestoreThread,
  task: DirectoryTask,
): { readonly nodes: Iterable<Node> } | { readonly parts: DirectoryPart[] } {
  const { at, length } = thread.blobs.read(task.tree, thread.treeReadAheadBytes)
  const bytes = thread.arena.bytes.subarray(at, at + length)
  if (length < dividedBytes) return { nodes: readTree(bytes, task.tree) }
  const tree = new SharedArrayBuffer(length)
  Buffer.from(tree).set(bytes)
  const parts = divideTree(bytes, task.tree, partNodes)
  return { parts: parts.map((part, i) => ({ task, tree, part, isFirst: i === 0 })) }
}

/** The nodes of a part of a directory. */
export function* partOfNodes({ task, tree, part, isFirst }: DirectoryPart): Generator<Node> {
  let belongs = isFirst
  for (const node of readTree(treeOfPart(Buffer.from(tree), part), task.tree)) {
    if (belongs) yield node
    belongs = true
  }
}

/** The nodes of a directory; other blobs may be read between them. */
export function readNodes(thread: RestoreThread, tree: string): Iterable<Node> {
  return readTree(treeBytes(thread, tree), tree)
}
