import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend, FileId } from '@holdfast/storage/backend'
import { readContent } from '@holdfast/storage/file-content'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { cloneToMemory } from '../scenario/scenario-repository.ts'

type Change = { readonly file: FileId; readonly bytes: Uint8Array | undefined }

/**
 * A disk with a write cache: what was written or removed since the last `flush` may or may not be there after a power
 * cut, each change for itself, in any order.
 */
export interface VolatileBackend extends Backend {
  /** writes and removals so far */
  readonly changes: number
  /** changes that no flush has made lasting */
  readonly unflushed: number
  /** The disk after the cut, on which of the unflushed changes those survive that `survives` picks by their position. */
  afterCut(survives: (position: number) => boolean, ctx: Context): Promise<Backend>
}

/** The change number `cutAt`, counted from 1, is the last that happens; after it everything fails, flushes too. */
export async function createVolatileBackend(disk: Backend, cutAt: number, ctx: Context): Promise<VolatileBackend> {
  const lasting = await cloneToMemory(disk, ctx)
  const cache = await cloneToMemory(disk, ctx)
  const unflushed: Change[] = []
  let changes = 0
  let dead = false

  const alive = (): void => {
    const { location } = disk
    if (dead) throw new AppError('STORAGE_DENIED', { action: 'use', file: 'anything', location, reason: 'power cut' })
  }
  const changed = (change: Change): void => {
    unflushed.push(change)
    if (++changes === cutAt) dead = true
  }
  const apply = async (target: Backend, { file, bytes }: Change): Promise<void> => {
    if (bytes === undefined) await target.remove(file, ctx)
    else await target.write(file, bytes, { content: 'data' }, ctx)
  }
  return {
    ...createMemoryBackend('volatile'),
    get changes() {
      return changes
    },
    get unflushed() {
      return unflushed.length
    },
    async *list(type, own) {
      alive()
      yield* cache.list(type, own)
    },
    async stat(file, own) {
      alive()
      return cache.stat(file, own)
    },
    async read(file, range, own) {
      alive()
      return cache.read(file, range, own)
    },
    async write(file, content, hint, own) {
      alive()
      const bytes = new Uint8Array(await readContent(content))
      await cache.write(file, bytes, hint, own)
      alive()
      changed({ file, bytes })
    },
    async remove(file, own) {
      alive()
      await cache.remove(file, own)
      changed({ file, bytes: undefined })
    },
    async flush() {
      alive()
      for (const each of unflushed.splice(0)) await apply(lasting, each)
    },
    async afterCut(survives) {
      const after = await cloneToMemory(lasting, ctx)
      for (const [position, each] of unflushed.entries()) if (survives(position)) await apply(after, each)
      return after
    },
  }
}
