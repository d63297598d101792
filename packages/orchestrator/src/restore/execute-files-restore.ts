import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { type ArchivedNeed, refuseArchived } from '@holdfast/repository/archive/archived-packs'
import { restore } from '@holdfast/repository/restore/restore'
import type { RestoreReport } from '@holdfast/repository/restore/restore-request'
import { saveSettingsFor } from '../operation/save-settings-for.ts'
import { makeSafetyBackup } from '../safety-backup.ts'
import { type FilesPart, plainRestore } from './files-part.ts'
import type { RestoreOutcome, RestoreSurroundings } from './restore-plan.ts'
import { allowedOriginal } from './restore-place.ts'

export interface FilesWork {
  readonly parts: readonly FilesPart[]
  readonly isReplacing: boolean
  /** for people */
  readonly target: string
  readonly need: ArchivedNeed
  readonly bytes: number
}

/**
 * Restores files. A new directory appears under its name only when it is whole: until then it is called
 * ".<name>.restoring", and it is removed again when the restore fails or is stopped. What is written over is kept as a
 * pinned snapshot first. Fails with RESTORE_ARCHIVED, STORAGE_…, REPOSITORY_DAMAGED, TARGET_FULL, TARGET_NOT_EMPTY.
 */
export async function executeFilesRestore(
  { parts, isReplacing, need }: FilesWork,
  given: RestoreSurroundings,
  ctx: Context,
): Promise<RestoreOutcome> {
  const { repository, source, machine, config } = given
  refuseArchived(need, repository.backend.location)
  const problems: string[] = []
  let [filesRestored, bytesRestored] = [0, 0]
  for (const { replaced } of parts) {
    if (replaced === undefined || !(await exists(replaced))) continue
    await makeSafetyBackup(repository, [replaced], source.name, saveSettingsFor(machine, config.host), ctx)
  }
  for (const part of parts) {
    // links may lead elsewhere by now
    await allowedOriginal(part.target, config.server)
    const isNew = !isReplacing && !(await exists(part.target))
    const report = await (isNew ? restoreNew : restoreInto)(part, part.target, given, ctx)
    filesRestored += report.filesRestored
    bytesRestored += report.bytesRestored
    problems.push(...report.errors.map(({ path, message }) => `${path}: ${message}`))
  }
  return { filesRestored, bytesRestored, problems }
}

async function restoreNew(
  part: FilesPart,
  target: string,
  given: RestoreSurroundings,
  ctx: Context,
): Promise<RestoreReport> {
  const directory = dirname(target)
  const staging = join(directory, `.${basename(target)}.restoring`)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await allowedOriginal(target, given.config.server)
  // of a restore that was killed
  await rm(staging, { recursive: true, force: true })
  try {
    const report = await restoreInto(part, staging, given, ctx)
    ctx.signal.throwIfAborted()
    await rename(staging, target).catch((error: unknown) => {
      throw new AppError('TARGET_NOT_EMPTY', { target }, { cause: error })
    })
    return report
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    throw error
  }
}

async function restoreInto(
  { tree, include }: FilesPart,
  target: string,
  { repository, machine }: RestoreSurroundings,
  ctx: Context,
): Promise<RestoreReport> {
  const selected = include === undefined ? {} : { include: [{ lines: include }] }
  return await restore(repository, { ...plainRestore, ...selected, tree, target, workers: machine.workers }, ctx)
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}
