import { createHash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Backend, FileContent, FileId, WriteHint } from '../backend.ts'
import { resolveRange } from '../byte-range.ts'
import { throwIfInterrupted } from '../interruption.ts'
import { type CachedType, CacheFolder, type StagedFile } from './cache-folder.ts'

export interface CacheOptions {
  /** shared by all repositories, for example `~/.cache/holdfast` */
  readonly cacheDirectory: string
  /** the id in the repository's config: 64 hex digits */
  readonly repositoryId: string
  /** how much one repository may keep; the least recently used files go first */
  readonly maxSizeBytes?: number
}

/** A pack that its reader knows to hold trees: given to `read`, the whole pack is fetched and kept. */
export interface TreePackId extends FileId {
  readonly type: 'data'
  readonly holds: 'tree'
}

/**
 * Keeps indexes, snapshots and packs of trees on the local disk, whole, and reads them from there. A kept file is
 * compared with its name before its first use, so that a damaged cache is never noticed; a cache that does not work (full
 * or unwritable disk) costs one warning and nothing else. What a complete listing no longer shows is removed.
 */
export function withCache(backend: Backend, options: CacheOptions): Backend {
  const { maxSizeBytes = 4 * 1024 ** 3 } = options
  const folder = new CacheFolder({ ...options, maxSizeBytes })
  const fetching = new Map<string, Promise<Uint8Array>>()
  let warned = false

  /** The only place that may ignore errors: without its cache a repository is slower, not worse. */
  async function tolerate<T>(ctx: Context, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      // A range beyond the end of the file is the caller's affair.
      if (isAppError(error)) throw error
      if (!warned) {
        const reason = error instanceof Error ? error.message : String(error)
        const message = `the cache in ${options.cacheDirectory} does not work: ${reason}`
        ctx.emit({ type: 'message.noted', level: 'warning', message })
      }
      warned = true
      return undefined
    }
  }

  /** The whole file from the store, kept for later. Several readers of one pack share one download. */
  async function fetchWhole(type: CachedType, file: FileId, ctx: Context): Promise<Uint8Array> {
    const running = fetching.get(file.name)
    if (running !== undefined) {
      try {
        return await running
      } catch {
        // Another operation's failure or interruption says nothing about this one.
        throwIfInterrupted(ctx)
      }
    }
    const started = backend.read(file, undefined, ctx).then(async (bytes) => {
      // What is damaged in the store is for the reader to see, and not to be kept.
      if (createHash('sha256').update(bytes).digest('hex') === file.name) {
        await tolerate(ctx, () => folder.store(type, file.name, bytes))
      }
      return bytes
    })
    fetching.set(file.name, started)
    try {
      return await started
    } finally {
      if (fetching.get(file.name) === started) fetching.delete(file.name)
    }
  }

  async function write(file: FileId, content: FileContent, hint: WriteHint, ctx: Context): Promise<void> {
    const type = cachedType(file)
    const worthKeeping = type !== undefined && (type !== 'data' || hint.content === 'tree')
    let staged: StagedFile | undefined
    if (worthKeeping) staged = await tolerate(ctx, () => folder.stage(type, file.name, content))
    try {
      await backend.write(file, content, hint, ctx)
    } catch (error) {
      await tolerate(ctx, async () => await staged?.drop())
      throw error
    }
    await tolerate(ctx, async () => await staged?.keep())
  }

  return {
    ...backend,
    async *list(type, ctx) {
      const kept = type === 'index' || type === 'snapshot' || type === 'data' ? type : undefined
      const stale = new Set(kept === undefined ? [] : await tolerate(ctx, () => folder.names(kept)))
      for await (const info of backend.list(type, ctx)) {
        stale.delete(info.name)
        yield info
      }
      if (kept === undefined) return
      for (const name of stale) await tolerate(ctx, () => folder.remove(kept, name))
    },
    async read(file, range, ctx) {
      const type = cachedType(file)
      if (type === undefined) return await backend.read(file, range, ctx)
      const place = (sizeBytes: number) => resolveRange(range, sizeBytes, file, backend.location)
      const cached = await tolerate(ctx, () => folder.read(type, file.name, place, ctx.now()))
      if (cached !== undefined) return cached
      if (type === 'data' && !isTreePack(file)) return await backend.read(file, range, ctx)
      const bytes = await fetchWhole(type, file, ctx)
      const { start, length } = place(bytes.byteLength)
      return bytes.subarray(start, start + length)
    },
    write,
    async remove(file, ctx) {
      await backend.remove(file, ctx)
      const type = cachedType(file)
      if (type !== undefined) await tolerate(ctx, () => folder.remove(type, file.name))
    },
  }
}

function cachedType(file: FileId): CachedType | undefined {
  return file.type === 'index' || file.type === 'snapshot' || file.type === 'data' ? file.type : undefined
}

function isTreePack(file: FileId): file is TreePackId {
  return 'holds' in file && file.holds === 'tree'
}
