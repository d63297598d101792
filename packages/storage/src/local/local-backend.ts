import { mkdir, open, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Backend, ByteRange, FileId } from '../backend.ts'
import { damaged, resolveRange } from '../byte-range.ts'
import { throwIfInterrupted } from '../interruption.ts'
import { flatPath, folderOf, folderText, folderTypes, shardedPath } from '../layout.ts'
import { errnoOf, fileSystemError } from './file-system-error.ts'
import { listLocalFiles } from './local-listing.ts'
import { createLocalWriter } from './local-writer.ts'
import { chooseSpoolDirectory } from './spool-directory.ts'

/** A repository in a directory, in restic's default layout. Nothing is touched before the first call. */
export function createLocalBackend(root: string): Backend {
  const location = resolve(root)
  const spoolDirectory = chooseSpoolDirectory(location)
  const writer = createLocalWriter(location, spoolDirectory)
  let rootSeen = false

  /** Runs one action, turns the system's errors into ours, and tells a file that is missing from a disk that is. */
  async function attempt<T>(action: string, file: string, ctx: Context, work: () => Promise<T>): Promise<T> {
    throwIfInterrupted(ctx)
    try {
      const result = await work()
      rootSeen = true
      return result
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') await requireRoot(action, file)
      throw fileSystemError(error, { action, file, location })
    }
  }

  /** A root that was there before and is not any more is an unmounted disk; one that never was is no repository. */
  async function requireRoot(action: string, file: string): Promise<void> {
    const there = await exists(location).catch(() => true)
    if (there) rootSeen = true
    if (there || (!rootSeen && action !== 'write')) return
    const reason = `the directory ${location} is gone`
    throw new AppError('STORAGE_UNREACHABLE', { action, file, location, reason })
  }

  const backend: Backend = {
    location,
    traits: { connections: 4, spoolDirectory, readableRoot: location, holdsTips: true },
    async create(ctx) {
      await attempt('create', 'the repository', ctx, async () => {
        if (await exists(join(location, 'config'))) {
          throw new AppError('REPOSITORY_EXISTS', { location, found: 'config' })
        }
        await makeFolders(location)
        await writer.prepare(ctx)
        writer.folderChanged(location, join(location, 'data'))
      })
    },
    async *list(type, ctx) {
      throwIfInterrupted(ctx)
      try {
        yield* listLocalFiles(location, type, ctx)
      } catch (error) {
        throw fileSystemError(error, { action: 'list', file: folderText(type), location })
      }
      await requireRoot('list', folderText(type))
    },
    async stat(file, ctx) {
      const info = await attempt('look up', flatPath(file), ctx, () => stat(join(location, shardedPath(file))))
      return { type: file.type, name: file.name, sizeBytes: info.size }
    },
    async read(file, range, ctx) {
      return await attempt('read', flatPath(file), ctx, () => readFrom(location, file, range))
    },
    async write(file, content, _hint, ctx) {
      await attempt('write', flatPath(file), ctx, () => writer.write(backend, file, content, ctx))
    },
    async remove(file, ctx) {
      const path = join(location, shardedPath(file))
      try {
        await attempt('remove', flatPath(file), ctx, () => unlink(path))
        writer.folderChanged(dirname(path))
      } catch (error) {
        if (!isAppError(error, 'STORAGE_FILE_MISSING')) throw error
      }
    },
    async flush(ctx) {
      await attempt('make durable', 'what was written', ctx, () => writer.flush())
    },
    async [Symbol.asyncDispose]() {
      // What is left there was never part of the repository; if it cannot be removed now, a later writer will.
      await rm(spoolDirectory, { recursive: true, force: true }).catch(() => {})
    },
  }
  return backend
}

async function readFrom(root: string, file: FileId, range: ByteRange | undefined): Promise<Uint8Array> {
  const handle = await open(join(root, shardedPath(file)), 'r')
  try {
    const { start, length } = resolveRange(range, (await handle.stat()).size, file, root)
    const bytes = Buffer.allocUnsafeSlow(length)
    for (let done = 0; done < length;) {
      const { bytesRead } = await handle.read(bytes, done, length - done, start + done)
      if (bytesRead === 0) throw damaged(file, root, `it ended after ${start + done} bytes`)
      done += bytesRead
    }
    return bytes
  } finally {
    await handle.close()
  }
}

async function makeFolders(root: string): Promise<void> {
  await makeFolder(root)
  for (const type of folderTypes) await makeFolder(join(root, folderOf(type)))
  const shards = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))
  await Promise.all(shards.map((shard) => makeFolder(join(root, 'data', shard))))
}

/** With its parents. Node's own recursive mkdir reports a read-only disk as a missing directory. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return
    if (errnoOf(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    // Once more only: below a link that leads nowhere it would be missing for ever.
    await mkdir(path, { mode: 0o700 }).catch((again: unknown) => {
      if (errnoOf(again) !== 'EEXIST') throw again
    })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}
