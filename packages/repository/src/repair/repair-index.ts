import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { expectedPackBytes } from '../format/pack-header.ts'
import type { IndexPack } from '../format/index-file.ts'
import { readIndexPacks, rewriteIndex } from '../prune/rewrite-index.ts'
import { listNames, listPacks } from '../prune/stored-files.ts'
import type { Repository } from '../repository.ts'
import { readPackBlobs } from './read-pack-blobs.ts'

export interface RepairIndexOptions {
  /** believe nothing that the index says: read the header of every pack */
  readonly readAllPacks?: boolean
  readonly dryRun?: boolean
}

export interface RepairIndexReport {
  /** index files that could not be read and are replaced */
  readonly damagedIndexes: readonly string[]
  /** packs that the index named but that do not exist */
  readonly missingPacks: readonly string[]
  /** packs whose header was read because the index lacked them or was wrong about them */
  readonly packsRead: number
  /** packs whose header cannot be read: they stay in the store, outside the index */
  readonly unreadablePacks: readonly { readonly id: string; readonly reason: string }[]
  readonly indexesWritten: number
  readonly indexesRemoved: number
}

const work = 'repair index'

/**
 * Makes the index say what the packs hold: packs that it lacks or misjudges are read, missing ones are dropped. Nothing
 * is written when it is right already. Needs an exclusive lock.
 * @throws AppError STORAGE_…, INTERRUPTED
 */
export async function repairIndex(
  repository: Repository,
  { readAllPacks = false, dryRun = false }: RepairIndexOptions,
  ctx: Context,
): Promise<RepairIndexReport> {
  const names = await listNames(repository, 'index', ctx)
  const { sizes: indexed, damaged } = readAllPacks
    ? { sizes: new Map<string, number>(), damaged: [] }
    : await readIndexedSizes(repository, names, ctx)
  const stored = await listPacks(repository, ctx)
  const missing = [...indexed.keys()].filter((id) => !stored.has(id))
  const doubtful = [...stored].filter(([id, sizeBytes]) => indexed.get(id) !== sizeBytes)
  const unreadable: { id: string; reason: string }[] = []
  const headers = readHeaders(repository, doubtful, unreadable, ctx)
  const found = { damagedIndexes: damaged, missingPacks: missing, packsRead: doubtful.length }
  const isRight = missing.length + doubtful.length + damaged.length === 0
  if (isRight || dryRun) {
    for await (const pack of headers) void pack
    return { ...found, unreadablePacks: unreadable, indexesWritten: 0, indexesRemoved: 0 }
  }
  const drop = new Set([...missing, ...doubtful.map(([id]) => id)])
  const obsolete = new Set(readAllPacks ? names : damaged)
  const { written, removed } = await rewriteIndex(repository, { drop, obsolete, add: headers, work }, ctx)
  return { ...found, unreadablePacks: unreadable, indexesWritten: written, indexesRemoved: removed }
}

/** How large each pack must be for what the index says of it; −1 when two index files say different things. */
async function readIndexedSizes(
  repository: Repository,
  names: readonly string[],
  ctx: Context,
): Promise<{ sizes: Map<string, number>; damaged: string[] }> {
  const sizes = new Map<string, number>()
  const damaged: string[] = []
  for (const [at, name] of names.entries()) {
    throwIfInterrupted(ctx)
    ctx.emit({ type: 'work.progressed', work, unit: 'indexes', done: at, total: names.length })
    try {
      for (const { id, blobs } of (await readIndexPacks(repository, name, ctx)).packs) {
        const sizeBytes = expectedPackBytes(blobs)
        sizes.set(id, (sizes.get(id) ?? sizeBytes) === sizeBytes ? sizeBytes : -1)
      }
    } catch (error) {
      if (!isAppError(error) || !damageCodes.has(error.code)) throw error
      damaged.push(name)
    }
  }
  return { sizes, damaged }
}

const damageCodes: ReadonlySet<string> = new Set(['REPOSITORY_DAMAGED', 'STORAGE_FILE_MISSING', 'STORAGE_DAMAGED'])

async function* readHeaders(
  repository: Repository,
  packs: readonly (readonly [id: string, sizeBytes: number])[],
  unreadable: { id: string; reason: string }[],
  ctx: Context,
): AsyncGenerator<IndexPack> {
  const atOnce = Math.max(1, repository.backend.traits.connections)
  for (let first = 0; first < packs.length; first += atOnce) {
    throwIfInterrupted(ctx)
    const group = packs.slice(first, first + atOnce)
    const read = await Promise.all(group.map(([id, sizeBytes]) => tryHeader(repository, id, sizeBytes, ctx)))
    for (const result of read) {
      if ('reason' in result) unreadable.push(result)
      else yield result
    }
    const done = first + group.length
    ctx.emit({ type: 'work.progressed', work, unit: 'packs', done, total: packs.length })
  }
}

async function tryHeader(
  repository: Repository,
  id: string,
  sizeBytes: number,
  ctx: Context,
): Promise<IndexPack | { id: string; reason: string }> {
  try {
    return { id, blobs: await readPackBlobs(repository, id, sizeBytes, ctx) }
  } catch (error) {
    if (!isAppError(error) || !damageCodes.has(error.code)) throw error
    return { id, reason: error.message }
  }
}
