import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { countOf } from '@holdfast/core/units/count-of'
import { formatSize } from '@holdfast/core/units/size'
import { mayBeArchived, retrievalHours, type RetrievalTier } from '@holdfast/storage/archive-class'
import type { BlobIndex } from '../engine/blob-index.ts'
import { loadIndex } from '../engine/load-index.ts'
import { byteText } from '../filter/byte-text.ts'
import type { Repository } from '../repository.ts'
import type { PatternSpec } from '../restore/restore-request.ts'
import { createSelection } from '../restore/selection.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { walkTree } from '../tree/walk-tree.ts'

/** A tree of which all that is selected is to be read. */
export interface WantedTree {
  readonly tree: string
  readonly include?: readonly PatternSpec[]
  readonly exclude?: readonly PatternSpec[]
}

export interface ArchivedPack {
  readonly id: string
  readonly sizeBytes: number
  readonly archiveClass: string
  /** somebody has asked for it, and it is on its way */
  readonly isRequested: boolean
}

/** What has to be brought back before trees can be read. */
export interface ArchivedNeed {
  readonly packs: readonly ArchivedPack[]
  readonly bytes: number
  /** false: directories are among it, and what they hold may need more, which shows once they are back */
  readonly isComplete: boolean
}

const nothingArchived: ArchivedNeed = { packs: [], bytes: 0, isComplete: true }

/**
 * Finds the packs that trees need and that cannot be read now. Costs nothing where nothing can be archived, a listing
 * where nothing is, and otherwise a walk and one question for each archived pack that is needed. Damage is passed over.
 */
export async function findArchivedPacks(
  repository: Repository,
  wanted: readonly WantedTree[],
  ctx: Context,
): Promise<ArchivedNeed> {
  const { backend } = repository
  if (backend.requestRetrieval === undefined) return nothingArchived
  const cold = new Set<string>()
  for await (const { name, storageClass } of backend.list('data', ctx)) if (mayBeArchived(storageClass)) cold.add(name)
  if (cold.size === 0) return nothingArchived
  const index = await loadIndex(repository, ctx)
  const need = { packs: new Set<string>(), isComplete: true }
  for (const tree of wanted) await collectPacks(repository, index, tree, need, ctx)
  const packs = await askAbout(
    repository,
    [...need.packs].filter((id) => cold.has(id)),
    ctx,
  )
  return { packs, bytes: packs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), isComplete: need.isComplete }
}

async function collectPacks(
  repository: Repository,
  index: BlobIndex,
  { tree, include, exclude }: WantedTree,
  need: { readonly packs: Set<string>; isComplete: boolean },
  ctx: Context,
): Promise<void> {
  const selection = createSelection(include, exclude)
  const trees = createTreeSource(repository, index)
  const add = (id: string, isTree: boolean): void => {
    const entry = findTypedEntry(index, id, isTree)
    if (entry >= 0) need.packs.add(index.packIdOf(index.packOf(entry)))
  }
  const options = {
    enter: ({ path }: { path: Buffer }) => selection.test(byteText(path)).childrenMayBe,
    onUnreadable: ({ treeId }: { treeId: string }, error: AppError) => {
      if (!isAppError(error, 'STORAGE_ARCHIVED')) return
      need.isComplete = false
      add(treeId, true)
    },
  }
  for await (const { path, node } of walkTree(trees, tree, options, ctx)) {
    if (node.content === undefined || node.content === null || !selection.test(byteText(path)).selected) continue
    for (const id of node.content) add(id, false)
  }
}

/** Those that cannot be read now, with what is known of them. */
async function askAbout({ backend }: Repository, ids: readonly string[], ctx: Context): Promise<ArchivedPack[]> {
  const packs: ArchivedPack[] = []
  const atOnce = backend.traits.connections
  for (let start = 0; start < ids.length; start += atOnce) {
    const files = ids.slice(start, start + atOnce).map((name) => backend.stat({ type: 'data', name }, ctx))
    for (const { name, sizeBytes, archived } of await Promise.all(files)) {
      if (archived !== undefined) packs.push({ id: name, sizeBytes, ...archived })
    }
  }
  return packs
}

/** "3 packs (48.000 MiB) in DEEP_ARCHIVE, 1 of them on its way" */
export function describeArchived({ packs, bytes }: ArchivedNeed): string {
  const classes = [...new Set(packs.map(({ archiveClass }) => archiveClass))].toSorted().join(', ')
  const requested = packs.filter(({ isRequested }) => isRequested).length
  const onWay = requested === 0 ? '' : `, ${requested} of them on the way back`
  return `${countOf(packs.length, 'pack')} (${formatSize(bytes)}) in ${classes}${onWay}`
}

/** How long it takes at most until all of it can be read; 0 when nothing is archived. */
export function waitHours({ packs }: Pick<ArchivedNeed, 'packs'>, tier: RetrievalTier): number {
  return Math.max(0, ...packs.map(({ archiveClass }) => retrievalHours(archiveClass, tier)))
}

/** Fails with RESTORE_ARCHIVED when something has to be brought back first. */
export function refuseArchived(need: ArchivedNeed, location: string): void {
  if (need.packs.length === 0) return
  throw new AppError('RESTORE_ARCHIVED', {
    location,
    archived: describeArchived(need),
    standard: waitHours(need, 'standard'),
    bulk: waitHours(need, 'bulk'),
  })
}
