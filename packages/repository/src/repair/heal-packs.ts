import type { Context } from '@holdfast/core/context'
import { check } from '../check/check.ts'
import type { FindingKind } from '../check/finding.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import { loadIndex } from '../engine/load-index.ts'
import type { FailedBlob } from '../copy/transfer-job.ts'
import { rewriteIndex } from '../prune/rewrite-index.ts'
import { listPacks, removeFiles } from '../prune/stored-files.ts'
import type { Repository } from '../repository.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { fetchMissing } from './fetch-missing.ts'
import { describeLost, distinctEntries, indexOfPacks, type LostBlob, openRescue, totalBytes } from './salvage-blobs.ts'

export interface HealOptions {
  readonly dryRun?: boolean
  /** threads that look for damage, 4 unless given */
  readonly workers?: number
}

export interface HealReport {
  /** packs that are damaged or missing */
  readonly damaged: readonly string[]
  /** of these, those of which every blob is safe in a new pack; they are gone */
  readonly healed: readonly string[]
  /** blobs that were still readable here */
  readonly blobsSaved: number
  /** blobs that came from the sibling; in a dry run, those that it has of the ones in damaged packs */
  readonly blobsHealed: number
  /** neither readable here nor there; the files of their packs are left, outside the index */
  readonly lost: readonly (Omit<LostBlob, 'packId'> & { readonly packId: string | undefined })[]
  readonly packsWritten: number
  readonly bytesWritten: number
}

const work = 'heal packs'

/**
 * Replaces damaged or missing packs. What is sound in them is moved, everything else is taken from a sibling repository
 * (another key and other packs, the same blobs), each blob verified against its id; so are blobs that snapshots need and
 * no index names. New packs and their index are durable before the damaged ones are dropped from the index, and that is
 * before their files are removed. The file of a pack with a blob that neither repository can give is left. Needs an
 * exclusive lock here and a shared one there.
 * @param packs full ids, or all that a complete check finds
 * @throws AppError STORAGE_…, REPOSITORY_DAMAGED (an index), INTERRUPTED
 */
export async function healPacks(
  repository: Repository,
  sibling: Repository,
  packs: readonly string[] | 'all-damaged',
  options: HealOptions,
  ctx: Context,
): Promise<HealReport> {
  const index = await loadIndex(repository, ctx)
  const damaged = packs === 'all-damaged' ? await findDamaged(repository, index, options, ctx) : new Set(packs)
  const sizes = await listPacks(repository, ctx)
  const content = await indexOfPacks(repository, index, damaged, sizes, ctx)
  const siblingIndex = await loadIndex(sibling, ctx)
  if (options.dryRun === true) {
    const known = distinctEntries(content).filter((entry) => inSibling(content, entry, siblingIndex) >= 0)
    const nothing = { healed: [], blobsSaved: 0, lost: [], packsWritten: 0, bytesWritten: 0 }
    return { damaged: [...damaged], ...nothing, blobsHealed: known.length }
  }
  const rescued = await rescue(repository, content, ctx)
  const fetched = await fetchLost(repository, content, rescued.failed, sibling, siblingIndex, ctx)
  const healed = findHealed(damaged, content, fetched.failed)
  if (damaged.size > 0) await dropPacks(repository, damaged, healed, sizes, ctx)
  const found = await fetchMissing(repository, sibling, siblingIndex, work, ctx)
  const lost = fetched.failed.map((each) => describeLost(content, each))
  const named = new Set(lost.map(({ id, type }) => `${type} ${id}`))
  const missing = found.missing.filter(({ id, type }) => !named.has(`${type} ${id}`))
  return {
    damaged: [...damaged],
    healed,
    blobsSaved: rescued.blobs,
    blobsHealed: fetched.blobs + found.blobs,
    lost: [...lost, ...missing.map((each) => ({ ...each, packId: undefined, reason: 'it is in no index' }))],
    packsWritten: rescued.packs + fetched.packs + found.packs,
    bytesWritten: rescued.sizeBytes + fetched.sizeBytes + found.sizeBytes,
  }
}

const packFindings: ReadonlySet<FindingKind> = new Set<FindingKind>([
  'index-wrong',
  'pack-missing',
  'pack-size-wrong',
  'pack-unreadable',
  'pack-content-wrong',
  'pack-header-damaged',
  'pack-header-differs',
])

async function findDamaged(
  repository: Repository,
  index: BlobIndex,
  { workers }: HealOptions,
  ctx: Context,
): Promise<Set<string>> {
  const damaged = new Set<string>()
  await check(
    repository,
    {
      readData: 'all',
      ...(workers === undefined ? {} : { workers }),
      onFinding({ kind, id }) {
        if (packFindings.has(kind)) damaged.add(id)
        if (kind === 'blob-damaged') for (const { packId } of index.locateAll(id)) damaged.add(packId)
      },
    },
    ctx,
  )
  return damaged
}

interface Rescued {
  readonly blobs: number
  readonly packs: number
  readonly sizeBytes: number
  /** entries of the damaged packs' content */
  readonly failed: readonly FailedBlob[]
}

/** What can still be read here. */
async function rescue(repository: Repository, content: BlobIndex, ctx: Context): Promise<Rescued> {
  const entries = distinctEntries(content)
  if (entries.length === 0) return { blobs: 0, packs: 0, sizeBytes: 0, failed: [] }
  await using transfer = await openRescue(repository, content, repository, totalBytes(content, entries), work, ctx)
  const failed = await transfer.move(entries)
  const { packs, sizeBytes } = await transfer.finish()
  return { blobs: entries.length - failed.length, packs, sizeBytes, failed }
}

/** What the sibling has of the rest. */
async function fetchLost(
  repository: Repository,
  content: BlobIndex,
  wanted: readonly FailedBlob[],
  sibling: Repository,
  siblingIndex: BlobIndex,
  ctx: Context,
): Promise<Rescued> {
  const failed: FailedBlob[] = []
  const origins = new Map<number, FailedBlob>()
  for (const each of wanted) {
    const there = inSibling(content, each.entry, siblingIndex)
    if (there < 0) failed.push({ ...each, reason: `${each.reason}; ${sibling.backend.location} does not have it` })
    else origins.set(there, each)
  }
  if (origins.size === 0) return { blobs: 0, packs: 0, sizeBytes: 0, failed }
  const entries = Uint32Array.from(origins.keys()).sort()
  const expectedBytes = totalBytes(siblingIndex, entries)
  await using transfer = await openRescue(sibling, siblingIndex, repository, expectedBytes, work, ctx)
  const unreadable = await transfer.move(entries)
  for (const { entry, reason } of unreadable) {
    const origin = origins.get(entry)
    if (origin !== undefined) failed.push({ entry: origin.entry, reason: `${origin.reason}; there: ${reason}` })
  }
  const { packs, sizeBytes } = await transfer.finish()
  return { blobs: entries.length - unreadable.length, packs, sizeBytes, failed }
}

function inSibling(content: BlobIndex, entry: number, siblingIndex: BlobIndex): number {
  return findTypedEntry(siblingIndex, content.idOf(entry), content.isTree(entry))
}

/** The packs that hold no blob which is still in danger. */
function findHealed(damaged: ReadonlySet<string>, content: BlobIndex, failed: readonly FailedBlob[]): string[] {
  const inDanger = new Set<string>()
  for (const { entry } of failed) {
    for (const { packId } of content.locateAll(content.idOf(entry))) inDanger.add(packId)
  }
  return [...damaged].filter((id) => !inDanger.has(id))
}

/**
 * No damaged pack stays in the index: a prune would take its copies for sound ones. One that still holds the only trace
 * of a blob stays in the store, where `repair index` finds it again.
 */
async function dropPacks(
  repository: Repository,
  damaged: ReadonlySet<string>,
  healed: readonly string[],
  sizes: ReadonlyMap<string, number>,
  ctx: Context,
): Promise<void> {
  await rewriteIndex(repository, { drop: damaged, work }, ctx)
  const present = healed.filter((id) => sizes.has(id))
  await removeFiles(repository, 'data', present, work, ctx)
  await repository.backend.flush(ctx)
}
