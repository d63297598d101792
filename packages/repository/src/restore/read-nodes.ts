import type { Node } from '../format/node.ts'
import { divideTree, readTree, treeOfPart } from '../format/tree.ts'
import type { DirectoryPart, DirectoryTask } from './restore-protocol.ts'
import type { RestoreThread } from './restore-thread.ts'

/** Trees up to this size are parsed whole before their first node is given out, so their bytes may then be overwritten. */
const parsedAtOnceBytes = 8 << 20

/** What `use` makes of a tree's bytes, which are valid during the call only. */
export function useTree<Result>(thread: RestoreThread, tree: string, use: (bytes: Buffer) => Result): Result {
  const { at, length } = thread.blobs.read(tree, thread.treeReadAheadBytes)
  const result = use(thread.arena.bytes.subarray(at, at + length))
  if (length > parsedAtOnceBytes) thread.arena.release(thread.scratch, parsedAtOnceBytes)
  return result
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
  return useTree(thread, task.tree, (bytes) => {
    // parsed before the next blob is read
    if (bytes.length < dividedBytes) return { nodes: readTree(bytes, task.tree) }
    const tree = new SharedArrayBuffer(bytes.length)
    Buffer.from(tree).set(bytes)
    const parts = divideTree(bytes, task.tree, partNodes)
    return { parts: parts.map((part, i) => ({ task, tree, part, isFirst: i === 0 })) }
  })
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
  return useTree(thread, tree, (bytes) => readTree(bytes.length > parsedAtOnceBytes ? Buffer.from(bytes) : bytes, tree))
}
