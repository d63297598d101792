import { opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { FilesWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { save } from '@holdfast/repository/save/save'
import { groupByHostAndPaths } from '@holdfast/repository/snapshot/group-snapshots'
import { wholeSource } from '../save-settings.ts'
import { type BackupRequest, type SourceBackup, sourceTags } from './backup-request.ts'
import { saveSettingsFor } from './save-settings-for.ts'

/**
 * Backs up files and directories. What cannot be read is a problem, and left out. Fails with SOURCE_PATHS_EMPTY when there is
 * not a single file: a volume that is not mounted looks like that.
 */
export async function backUpFiles(
  workload: FilesWorkload,
  request: BackupRequest,
  ctx: Context,
): Promise<SourceBackup> {
  const { repositories, host, machine } = request
  await refuseEmpty(workload.paths)
  const saved = await save(
    repositories,
    {
      ...wholeSource,
      ...saveSettingsFor(machine, host),
      source: { type: 'paths', paths: workload.paths, workingDirectory: '/' },
      time: ctx.now(),
      tags: sourceTags(request),
      filter: {
        excludes: workload.excludes,
        excludeCaches: workload.excludeCaches,
        // the devices are found when the paths are looked at
        ...(workload.oneFileSystem ? { oneFileSystem: [] } : {}),
      },
      excludes: workload.excludes,
      parent: { type: 'choose', groupBy: groupByHostAndPaths },
    },
    ctx,
  )
  return { saved, problems: saved.errors.map(({ path, message }) => `${path}: ${message}`) }
}

async function refuseEmpty(paths: readonly string[]): Promise<void> {
  for (const path of paths) if (await holdsFile(path)) return
  throw new AppError('SOURCE_PATHS_EMPTY', { paths: paths.join(', ') })
}

/** Looks no further than the first file; what cannot be read may hold some. */
async function holdsFile(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined)
  if (info === undefined || !info.isDirectory()) return info !== undefined
  const directory = await opendir(path).catch(() => undefined)
  if (directory === undefined) return true
  const inner: string[] = []
  for await (const entry of directory) {
    if (!entry.isDirectory()) return true
    inner.push(join(path, entry.name))
  }
  for (const each of inner) if (await holdsFile(each)) return true
  return false
}
