import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import type { FileInfo, FileType } from '../backend.ts'
import { throwIfInterrupted } from '../interruption.ts'
import { folderOf, isFileName } from '../layout.ts'
import { errnoOf } from './file-system-error.ts'

/** How many files are looked at together; enough to keep the thread pool busy. */
const batchSize = 64

/** Files of one type below `root`. Folders that are missing, and names that are not a repository's, are passed over. */
export async function* listLocalFiles(root: string, type: FileType, ctx: Context): AsyncGenerator<FileInfo> {
  if (type === 'config') return yield* statAll(root, ['config'], type, ctx)
  const folder = join(root, folderOf(type))
  if (type !== 'data') return yield* statAll(folder, (await namesIn(folder)).filter(isFileName), type, ctx)
  for (const shard of await namesIn(folder)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue
    throwIfInterrupted(ctx)
    const path = join(folder, shard)
    const names = await namesIn(path)
    // A pack in another pack's folder could not be read back, so it does not count as there.
    yield* statAll(
      path,
      names.filter((name) => isFileName(name) && name.startsWith(shard)),
      type,
      ctx,
    )
  }
}

async function* statAll(
  folder: string,
  names: readonly string[],
  type: FileType,
  ctx: Context,
): AsyncGenerator<FileInfo> {
  for (let i = 0; i < names.length; i += batchSize) {
    throwIfInterrupted(ctx)
    const batch = names.slice(i, i + batchSize)
    const sizes = await Promise.all(batch.map((name) => sizeOf(join(folder, name))))
    for (const [j, name] of batch.entries()) {
      const sizeBytes = sizes[j]
      if (sizeBytes !== undefined) yield { type, name, sizeBytes }
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    const code = errnoOf(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

/** undefined for what is not a regular file, or was removed since the folder was read. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const info = await lstat(path)
    return info.isFile() ? info.size : undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
