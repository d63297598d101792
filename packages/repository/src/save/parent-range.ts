import { unquoteName } from '../format/node-name.ts'

/** Some neighbouring nodes of a tree of the parent snapshot, in memory that all workers see. */
export interface ParentRange {
  readonly tree: SharedArrayBuffer
  readonly start: number
  readonly end: number
}

const listStart = '{"nodes":['
const nodeStart = ',{"name":"'

/**
 * Cuts a tree into ranges, the first before the first of the names, each of the others from its name on (names in byte
 * order). Few nodes are looked at. A tree that is laid out in another way than restic's gets empty ranges: what is in it
 * counts as unknown.
 */
export function cutTree(tree: Buffer, names: readonly Uint8Array[]): ParentRange[] {
  const shared = new SharedArrayBuffer(tree.length)
  Buffer.from(shared).set(tree)
  const first = tree.subarray(0, listStart.length).toString('latin1') === listStart ? listStart.length : tree.length
  const last = Math.max(first, tree.lastIndexOf(']'))
  const starts = names.map((name) => findNode(tree, name, first, last))
  return [first, ...starts].map((start, i) => {
    const next = starts[i] ?? last
    // without the comma before the next node
    return { tree: shared, start, end: next === last ? last : Math.max(start, next - 1) }
  })
}

/** JSON text of a tree of the nodes in a range. */
export function rangeText({ tree, start, end }: ParentRange): string {
  return `${listStart}${Buffer.from(tree, start, end - start).toString('utf8')}]}`
}

/** Where the first node begins whose name is not before this one; `last` when there is none. */
function findNode(tree: Buffer, name: Uint8Array, first: number, last: number): number {
  let [low, high] = [first, last]
  while (low < high) {
    const middle = (low + high) >>> 1
    const node = nextNode(tree, middle, high)
    if (node === undefined || Buffer.compare(node.name, name) >= 0) high = middle
    else low = node.at + 1
  }
  return nextNode(tree, low, last)?.at ?? last
}

/** The first node that begins in a stretch of the tree. */
function nextNode(tree: Buffer, from: number, end: number): { at: number; name: Buffer } | undefined {
  for (let comma = from - 1; ; comma++) {
    // the first node has the list's bracket before it
    if (comma !== listStart.length - 1) comma = tree.indexOf(nodeStart, comma)
    if (comma < 0 || comma + 1 >= end) return undefined
    const name = nameAt(tree, comma + nodeStart.length)
    if (name !== undefined) return { at: comma + 1, name }
  }
}

/** Undefined for an extended attribute: it begins like a node, but its second key is another. */
function nameAt(tree: Buffer, at: number): Buffer | undefined {
  let end = at
  while (end < tree.length && tree[end] !== 0x22) end += tree[end] === 0x5c ? 2 : 1
  if (tree.subarray(end, end + 9).toString('latin1') !== '","type":') return undefined
  try {
    const quoted: unknown = JSON.parse(`"${tree.subarray(at, end).toString('utf8')}"`)
    return typeof quoted === 'string' ? unquoteName(quoted) : undefined
  } catch {
    return undefined
  }
}
