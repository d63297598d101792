import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import { loadIndex } from '../engine/load-index.ts'
import type { Repository } from '../repository.ts'
import { createTreeSource, type TreeSource } from './tree-source.ts'

/** What is needed to look into a repository's snapshots. */
export interface OpenedTrees {
  readonly repository: Repository
  readonly index: BlobIndex
  readonly trees: TreeSource
}

/** Loads the index, so list the snapshots first: then everything they need is in it. */
export async function openTrees(repository: Repository, ctx: Context): Promise<OpenedTrees> {
  const index = await loadIndex(repository, ctx)
  return { repository, index, trees: createTreeSource(repository, index) }
}
