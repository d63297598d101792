import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import { type SaveSettings, wholeSource } from './save-settings.ts'

/**
 * Backs up directories as they are, before they are overwritten; returns the snapshot's id. It is pinned, so that no policy takes
 * it away before a person does. The caller holds a lock. A file that cannot be read fails it: what is about to be lost
 * must be whole.
 */
export async function makeSafetyBackup(
  repository: Repository,
  directories: readonly string[],
  source: string,
  settings: SaveSettings,
  ctx: Context,
): Promise<string> {
  const report = await save(
    [repository],
    {
      ...wholeSource,
      ...settings,
      source: { type: 'paths', paths: [...directories], workingDirectory: '/' },
      time: ctx.now(),
      tags: ['holdfast', `pin=before a restore of ${source}`, `safety=${source}`],
      parent: { type: 'none' },
    },
    ctx,
  )
  const [error] = report.errors
  if (error !== undefined) throw new AppError('SOURCE_FILE_UNREADABLE', { path: error.path, reason: error.message })
  const id = report.repositories[0]?.snapshotId
  if (id === undefined) throw new Error('a safety backup was made without a snapshot')
  return id
}
