import { rm } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { encodeIndexPack, joinIndexPacks } from '../format/index-file.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import type { FinishedPack } from './finished-pack.ts'

/** restic's bounds: an index file is complete at so many blobs, or when its oldest entry has waited so long. */
const blobsPerIndexFile = 50_000
const indexFileAgeMs = 10 * 60 * 1000

export interface StoredTotals {
  readonly packs: number
  readonly blobs: number
  /** bytes of the pack files */
  readonly sizeBytes: number
}

/**
 * Stores finished packs and the index files that name them, in the order that keeps a repository whole at every
 * instant: packs, made durable, then their index. The first failure stops everything after it.
 */
export interface PackCollector {
  add(pack: FinishedPack): void
  /** packs that are not stored yet */
  readonly pending: number
  /** what went wrong, if anything did */
  readonly failure: unknown
  /** Resolves when fewer than `limit` packs are pending; after a failure, when none is on its way any more. */
  below(limit: number): Promise<void>
  /** Stores what was added so far, and the index of it; throws the first failure. More may follow. */
  finish(): Promise<StoredTotals>
}

export function createPackCollector(repository: Repository, ctx: Context): PackCollector {
  const { backend } = repository
  const queue: { readonly pack: FinishedPack; readonly settled: () => void }[] = []
  const waiting: { limit: number; resolve: () => void }[] = []
  /** of what was added and is not stored yet; resolved also when it never will be */
  const unstored = new Set<Promise<void>>()
  let stored: string[] = []
  let storedBlobs = 0
  let oldestStoredMs = 0
  let active = 0
  let failure: unknown
  let indexing: Promise<void> = Promise.resolve()
  let totals: StoredTotals = { packs: 0, blobs: 0, sizeBytes: 0 }

  const pending = (): number => queue.length + active
  /** After a failure: when nothing is on its way any more. */
  const hasRoom = (limit: number): boolean => (failure === undefined ? pending() < limit : active === 0)
  const settleWaiting = (): void => {
    for (const entry of [...waiting]) {
      if (!hasRoom(entry.limit)) continue
      waiting.splice(waiting.indexOf(entry), 1)
      entry.resolve()
    }
  }
  const fail = (error: unknown): void => {
    failure ??= error
    for (const { settled } of queue.splice(0)) settled()
  }
  const flushIndex = (): Promise<void> => {
    const packs = stored
    stored = []
    storedBlobs = 0
    if (packs.length === 0) return indexing
    indexing = indexing.then(async () => {
      if (failure !== undefined) return
      await backend.flush(ctx)
      await writeUnpacked(repository, 'index', joinIndexPacks(packs), ctx)
    })
    indexing.catch(fail)
    return indexing
  }
  const store = async (pack: FinishedPack): Promise<void> => {
    const content = { path: pack.path, sizeBytes: pack.sizeBytes }
    await backend.write({ type: 'data', name: pack.id }, content, { content: pack.isTree ? 'tree' : 'data' }, ctx)
    await rm(pack.path, { force: true })
    totals = {
      packs: totals.packs + 1,
      blobs: totals.blobs + pack.blobs.length,
      sizeBytes: totals.sizeBytes + pack.sizeBytes,
    }
    if (stored.length === 0) oldestStoredMs = ctx.now().getTime()
    stored.push(encodeIndexPack(pack))
    storedBlobs += pack.blobs.length
    if (storedBlobs >= blobsPerIndexFile || ctx.now().getTime() - oldestStoredMs > indexFileAgeMs)
      void flushIndex().catch(fail)
  }
  const pump = (): void => {
    while (active < backend.traits.connections && failure === undefined) {
      const next = queue.shift()
      if (next === undefined) break
      active++
      void store(next.pack)
        .catch(fail)
        .finally(() => {
          active--
          next.settled()
          pump()
          settleWaiting()
        })
    }
    settleWaiting()
  }
  const below = (limit: number): Promise<void> =>
    hasRoom(limit) ? Promise.resolve() : new Promise((resolve) => waiting.push({ limit, resolve }))

  return {
    add(pack) {
      if (failure !== undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      unstored.add(promise)
      const settled = (): void => {
        unstored.delete(promise)
        resolve()
      }
      queue.push({ pack, settled })
      pump()
    },
    get pending() {
      return pending()
    },
    get failure() {
      return failure
    },
    below,
    async finish() {
      await Promise.all(unstored)
      if (failure === undefined) await flushIndex().catch(fail)
      if (failure === undefined) return totals
      // nothing is to be written any more when this has returned
      await below(1)
      throw failure
    },
  }
}
