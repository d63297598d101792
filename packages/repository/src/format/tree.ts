import { AppError } from '@holdfast/core/errors/app-error'
import { decodeNode, encodeNode } from './node-json.ts'
import type { Node } from './node.ts'
import { JsonFields } from './json-fields.ts'

/** JSON text is parsed in pieces of about this size, so that a directory of any size fits into memory. */
const pieceBytes = 8 << 20

/** The content of a tree blob: its SHA-256 is the tree's id. Nodes must be in byte order of their names. */
export function encodeTree(nodes: readonly Node[]): Buffer {
  return Buffer.from(`{"nodes":[${nodes.map(encodeNode).join(',')}]}\n`)
}

/**
 * The same, from nodes' JSON as `rawNodes` gives them: for rewriting a tree that another program wrote, without losing
 * keys that this one does not know.
 */
export function encodeRawTree(nodes: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from('{"nodes":[')]
  for (const [at, node] of nodes.entries()) {
    if (at > 0) parts.push(Buffer.from(','))
    parts.push(node)
  }
  parts.push(Buffer.from(']}\n'))
  return Buffer.concat(parts)
}

/**
 * The nodes of a tree blob. Unknown keys are ignored.
 * @throws AppError REPOSITORY_DAMAGED when it is not a tree, a name is not allowed, or names are not strictly increasing
 */
export function parseTree(bytes: Uint8Array, treeId: string): Node[] {
  return [...readTree(bytes, treeId)]
}

/** Like `parseTree`, one node after the other, for directories with millions of entries. */
export function* readTree(bytes: Uint8Array, treeId: string): Generator<Node> {
  const objectName = `tree ${treeId.slice(0, 8)}`
  let previous: Node | undefined
  for (const raw of rawNodeObjects(bytes, objectName)) {
    const node = decodeNode(raw, objectName)
    if (previous !== undefined && Buffer.compare(previous.name, node.name) >= 0) {
      const reason = `the name ${JSON.stringify(node.name.toString())} is repeated or out of order`
      throw new AppError('REPOSITORY_DAMAGED', { object: objectName, reason })
    }
    yield node
    previous = node
  }
}

/**
 * The JSON of each node as it stands in the tree, in the same order as `parseTree`'s nodes. Only for trees that begin
 * as restic and rustic write them, without white space.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function rawNodes(bytes: Uint8Array, treeId: string): Uint8Array[] {
  const objectName = `tree ${treeId.slice(0, 8)}`
  const slices: Uint8Array[] = []
  for (const { start, end } of nodeBounds(bytes, objectName)) slices.push(bytes.subarray(start, end))
  return slices
}

/** A stretch of a tree: a part of its nodes, with the last node of the stretch before as its first. */
export interface TreePart {
  readonly start: number
  readonly end: number
}

/**
 * Divides a tree for several readers, about so many nodes each. Each part begins with a node that is the previous part's
 * last, so that its reader notices names that are out of order across parts as well.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function divideTree(bytes: Uint8Array, treeId: string, nodesEach: number): TreePart[] {
  const parts: TreePart[] = []
  let count = 0
  let [start, end, lastStart] = [-1, -1, -1]
  for (const bounds of nodeBounds(bytes, `tree ${treeId.slice(0, 8)}`)) {
    if (count === nodesEach) {
      parts.push({ start, end })
      start = lastStart
      count = 0
    }
    if (start < 0) start = bounds.start
    lastStart = bounds.start
    end = bounds.end
    count++
  }
  if (count > 0) parts.push({ start, end })
  return parts
}

/** The bytes of a tree of only the nodes of a part. */
export function treeOfPart(bytes: Uint8Array, { start, end }: TreePart): Buffer {
  return Buffer.concat([listStart, bytes.subarray(start, end), Buffer.from(']}')])
}

function* rawNodeObjects(bytes: Uint8Array, objectName: string): Generator {
  if (bytes.length <= pieceBytes) {
    yield* new JsonFields(parseExact(bytes, objectName), objectName).array('nodes')
    return
  }
  let start = -1
  let end = -1
  for (const bounds of nodeBounds(bytes, objectName)) {
    if (start >= 0 && bounds.end - start > pieceBytes) {
      yield* parseList(bytes.subarray(start, end), objectName)
      start = -1
    }
    if (start < 0) start = bounds.start
    end = bounds.end
  }
  if (start >= 0) yield* parseList(bytes.subarray(start, end), objectName)
}

function parseList(items: Uint8Array, objectName: string): readonly unknown[] {
  const list = parseExact(Buffer.concat([Buffer.from('['), items, Buffer.from(']')]), objectName)
  if (!Array.isArray(list)) throw new AppError('REPOSITORY_DAMAGED', { object: objectName, reason: 'it is not a list' })
  return list
}

/** In a key's place after `{` or `,` only, since a quote inside a JSON string is always escaped. */
const largeInteger = /([{,]"(?:inode|device_id|device)":)(\d{16,20})(?=[,}])/g

/** Parses JSON, keeping 64-bit numbers that a double cannot hold as texts (inodes of some file systems are that large). */
function parseExact(bytes: Uint8Array, objectName: string): unknown {
  try {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    const parsed: unknown = JSON.parse(text.replace(largeInteger, '$1"$2"'))
    return parsed
  } catch (error) {
    throw new AppError('REPOSITORY_DAMAGED', { object: objectName, reason: 'it is not JSON' }, { cause: error })
  }
}

const quote = 0x22
const backslash = 0x5c
const listStart = Buffer.from('{"nodes":[')

/** Where each node begins and ends. Only the outermost layout is checked; the nodes themselves are parsed later. */
function* nodeBounds(bytes: Uint8Array, objectName: string): Generator<{ start: number; end: number }> {
  const damaged = (): AppError => new AppError('REPOSITORY_DAMAGED', { object: objectName, reason: 'it is not a tree' })
  if (Buffer.compare(bytes.subarray(0, listStart.length), listStart) !== 0) throw damaged()
  let depth = 0
  let start = -1
  for (let at = listStart.length; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      at = stringEnd(bytes, at)
    } else if (byte === 0x7b || byte === 0x5b) {
      if (depth++ === 0) start = at
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return
      if (--depth === 0) yield { start, end: at + 1 }
    }
  }
  throw damaged()
}

/** Index of the quote that ends the string which begins at `at`. */
function stringEnd(bytes: Uint8Array, at: number): number {
  let end = at + 1
  while (end < bytes.length && bytes[end] !== quote) end += bytes[end] === backslash ? 2 : 1
  return end
}
