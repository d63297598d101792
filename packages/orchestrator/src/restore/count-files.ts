import { lstatSync } from 'node:fs'
import type { Context } from '@holdfast/core/context'
import { byteText } from '@holdfast/repository/filter/byte-text'
import { createSelection } from '@holdfast/repository/restore/selection'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { type WalkedEntry, walkTree } from '@holdfast/repository/tree/walk-tree'
import type { FilesPart } from './files-part.ts'

export interface FileCount {
  readonly files: number
  readonly bytes: number
  /** of the files, those that are at the target already */
  readonly existing: number
}

/** What a restore will bring. `looksThere`: whether to see which of it is at the target. */
export async function countFiles(
  { trees }: OpenedTrees,
  parts: readonly FilesPart[],
  looksThere: boolean,
  ctx: Context,
): Promise<FileCount> {
  const count = { files: 0, bytes: 0, existing: 0 }
  for (const { tree, target, include } of parts) {
    const selection = createSelection(include === undefined ? [] : [{ lines: include }])
    const enter = ({ path }: WalkedEntry): boolean => selection.test(byteText(path)).childrenMayBe
    for await (const { path, node } of walkTree(trees, tree, { enter }, ctx)) {
      if (node.type !== 'file' || !selection.test(byteText(path)).selected) continue
      count.files += 1
      count.bytes += node.size
      if (looksThere && isThere(Buffer.concat([Buffer.from(target), path]))) count.existing += 1
    }
  }
  return count
}

function isThere(path: Buffer): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    // something above it is no directory
    return false
  }
}
