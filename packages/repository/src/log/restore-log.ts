import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import { restore } from '../restore/restore.ts'
import type { LogFileInfo } from './log-file.ts'
import type { LogReader } from './read-log.ts'

/**
 * Puts files of a log into one directory, side by side, through the restore engine: pack by pack, in several threads.
 * What is in tips is written as it is, under a temporary name first. The directory may hold other files.
 * @throws AppError TARGET_UNUSABLE, TARGET_FULL, REPOSITORY_DAMAGED when one of them cannot be read, STORAGE_…
 */
export async function restoreLogFiles(
  repository: Repository,
  log: LogReader,
  files: readonly LogFileInfo[],
  request: { readonly directory: string; readonly workers: number },
  ctx: Context,
): Promise<void> {
  const { directory, workers } = request
  const batched = Map.groupBy(
    files.filter((file) => !isReadAlone(file)),
    ({ folder }) => folder,
  )
  for (const [folder, own] of batched) {
    const names = own.map(({ name }) => name)
    for (const share of await log.trees(folder, names, ctx)) {
      const include = [{ lines: share.names.map((name) => `/${name}`) }]
      const flags = { delete: false, verify: false, dryRun: false, sparse: false, verbose: false }
      const target = { tree: share.treeId, target: directory, include, overwrite: 'always' as const, workers }
      const report = await restore(repository, { ...target, ...flags }, ctx)
      const [failed] = report.errors
      if (failed !== undefined) {
        throw new AppError('REPOSITORY_DAMAGED', { object: `log file ${failed.path}`, reason: failed.message })
      }
    }
  }
  for (const file of files) if (isReadAlone(file)) await writeAlone(log, file, directory, ctx)
}

/** Files of the log's own directory are few and small, and beside directories that are not wanted. */
function isReadAlone({ heldIn, folder }: LogFileInfo): boolean {
  return heldIn === 'tip' || folder === ''
}

async function writeAlone(log: LogReader, file: LogFileInfo, directory: string, ctx: Context): Promise<void> {
  const bytes = await log.read(file, ctx)
  if (bytes === undefined) throw new Error(`the log lists ${file.name} but does not have it`)
  await writeWhole(join(directory, file.name), bytes)
}

/** Writes a file so that its name never stands for half of it. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const staged = `${path}.part-${process.pid}`
  try {
    const handle = await open(staged, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(staged, path)
  } catch (error) {
    await rm(staged, { force: true })
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('TARGET_UNUSABLE', { target: path, reason }, { cause: error })
  }
}
