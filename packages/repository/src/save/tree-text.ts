import type { Arena } from '../engine/arena.ts'
import type { Region } from '../engine/pack-writer.ts'
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
  const json = treeText(parts, trees, files)
  const length = Buffer.byteLength(json)
  if (length <= input.sizeBytes) {
    arena.bytes.write(json, input.at, length, 'utf8')
    return store.store(input.at, length, true)
  }
  return store.storeLarge(Buffer.from(json), true)
}

function treeText(
  parts: readonly TreePart[],
  trees: readonly (string | null)[],
  files: readonly (string | null)[],
): string {
  let json = '{"nodes":['
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
  return `${json}]}\n`
}
