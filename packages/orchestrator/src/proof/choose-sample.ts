import type { Context } from '@holdfast/core/context'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { createTreeSource } from '@holdfast/repository/tree/tree-source'
import { walkTree } from '@holdfast/repository/tree/walk-tree'

export interface Sample {
  /** patterns that match just these files */
  readonly patterns: readonly string[]
  readonly files: number
  readonly bytes: number
  /** of all files of the tree */
  readonly totalFiles: number
  readonly totalBytes: number
}

/** Each pattern is compared with each name of its directory, so that very many would take longer than the restore. */
const filesAtMost = 2000

/**
 * Files of a tree by chance, each as likely as any other, until there are so many bytes. `random` gives numbers from 0 to
 * below 1.
 */
export async function chooseSample(
  repository: Repository,
  tree: string,
  bytesAtMost: number,
  random: () => number,
  ctx: Context,
): Promise<Sample> {
  const trees = createTreeSource(repository, await loadIndex(repository, ctx))
  const chosen: { readonly path: Buffer; readonly size: number }[] = []
  const total = { files: 0, bytes: 0 }
  for await (const { path, node } of walkTree(trees, tree, {}, ctx)) {
    if (node.type !== 'file') continue
    total.files += 1
    total.bytes += node.size
    // reservoir sampling (Vitter 1985, algorithm R)
    const place = chosen.length < filesAtMost ? chosen.length : Math.floor(random() * total.files)
    if (place < filesAtMost) chosen[place] = { path, size: node.size }
  }
  const patterns: string[] = []
  let bytes = 0
  for (const { path, size } of chosen) {
    if (bytes + size > bytesAtMost) continue
    bytes += size
    patterns.push(literalPattern(path))
  }
  return { patterns, files: patterns.length, bytes, totalFiles: total.files, totalBytes: total.bytes }
}

/** A pattern that matches one path only. */
function literalPattern(path: Buffer): string {
  return path.toString('utf8').replaceAll(/[\\*?[\]]/g, (character) => `\\${character}`)
}
