import type { Arena } from '../engine/arena.ts'
import type { Region } from '../engine/pack-writer.ts'
import { releaseBuffer } from '../engine/release-buffer.ts'
import type { BlobStore } from './blob-store.ts'

/** A node's JSON, or the place of one that waits for a subtree's id or a large file's node. */
export type TreePart = string | { readonly kind: 'directory'; readonly text: string } | { readonly kind: 'large-file' }

/**
 * Puts a tree together and stores it. `trees` and `files` fill the gaps in order; null leaves the node out (it could not
 * be read).
 */
export function storeTree(
  arena: Arena,
  input: Region,
  store: BlobStore,
  parts: readonly TreePart[],
  trees: readonly (string | null)[],
  files: readonly (string | null)[],
): string {
  const json = `${treeStart}${nodesText(parts, trees, files)}${treeEnd}`
  const length = Buffer.byteLength(json)
  if (length <= input.sizeBytes) {
    arena.bytes.write(json, input.at, length, 'utf8')
    return store.store(input.at, length, true)
  }
  return store.storeLarge(Buffer.from(json), true)
}

/** The same from the nodes of all batches of a large directory. */
export function storeTreeOfPieces(
  arena: Arena,
  input: Region,
  store: BlobStore,
  pieces: readonly Uint8Array[],
): string {
  const separated = pieces.filter(({ length }) => length > 0).flatMap((piece) => [comma, piece])
  const bytes = [Buffer.from(treeStart), ...separated.slice(1), Buffer.from(treeEnd)]
  const length = bytes.reduce((sum, each) => sum + each.length, 0)
  const isLarge = length > input.sizeBytes
  const target = isLarge ? Buffer.allocUnsafeSlow(length) : arena.bytes.subarray(input.at, input.at + length)
  let at = 0
  for (const each of bytes) {
    target.set(each, at)
    at += each.length
    // a hundred megabytes altogether in a directory of hundreds of thousands
    if (each !== comma) releaseBuffer(each)
  }
  return isLarge ? store.storeLarge(target, true) : store.store(input.at, length, true)
}

const treeStart = '{"nodes":['
const treeEnd = ']}\n'
const comma = Buffer.from(',')

/** JSON text of the nodes, without the list around them. */
export function nodesText(
  parts: readonly TreePart[],
  trees: readonly (string | null)[],
  files: readonly (string | null)[],
): string {
  let json = ''
  let separator = ''
  let [nextTree, nextFile] = [0, 0]
  for (const part of parts) {
    let node: string | null
    if (typeof part === 'string') node = part
    else if (part.kind === 'large-file') node = files[nextFile++] ?? null
    else {
      const tree = trees[nextTree++] ?? null
      node = tree === null ? null : `${part.text},"subtree":"${tree}"}`
    }
    if (node === null) continue
    json += separator + node
    separator = ','
  }
  return json
}
