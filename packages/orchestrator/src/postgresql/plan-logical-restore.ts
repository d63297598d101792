import type { LogicalFiles } from '@holdfast/connectors/postgresql/logical/restore/logical-files'
import type {
  LogicalRestorePlan,
  LogicalRestoreRequest,
} from '@holdfast/connectors/postgresql/logical/restore/logical-restore'
import { planLogicalRestore } from '@holdfast/connectors/postgresql/logical/restore/plan-logical-restore'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { checkSpace, checkTarget } from '@holdfast/repository/restore/check-target'
import type { Repository } from '@holdfast/repository/repository'
import { listLogicalBackups, logicalFilesOf, type LogicalPostgresBackup } from './list-logical-backups.ts'

export interface ChosenLogicalBackup {
  readonly backup: LogicalPostgresBackup
  readonly files: LogicalFiles
}

export interface SourceRestorePlan extends ChosenLogicalBackup {
  readonly plan: LogicalRestorePlan
}

export interface BackupChoice {
  /** the newest that was begun by then */
  readonly notAfter?: Date
  readonly snapshotId?: string
}

/** The newest fitting logical backup of a source. Fails with SOURCE_NOT_IN_REPOSITORY and RECOVERY_BEFORE_OLDEST. */
export async function chooseLogicalBackup(
  repository: Repository,
  source: string,
  { notAfter, snapshotId }: BackupChoice,
  ctx: Context,
): Promise<ChosenLogicalBackup> {
  const { backups, opened } = await listLogicalBackups(repository, source, ctx)
  const startOf = ({ manifest }: LogicalPostgresBackup): number => Date.parse(manifest.startedAt)
  const sorted = backups.toSorted((one, other) => startOf(one) - startOf(other))
  const backup = sorted
    .filter(({ snapshot }) => snapshotId === undefined || snapshot.id === snapshotId)
    .filter((one) => notAfter === undefined || startOf(one) <= notAfter.getTime())
    .at(-1)
  if (backup === undefined) {
    const [from, until] = [sorted[0]?.manifest.startedAt ?? '', sorted.at(-1)?.manifest.startedAt ?? '']
    throw new AppError('RECOVERY_BEFORE_OLDEST', { target: notAfter?.toISOString() ?? 'latest', from, until })
  }
  return { backup, files: logicalFilesOf(opened, backup) }
}

/**
 * Chooses the newest fitting logical backup of a source and plans its restore. Changes nothing. Fails with TARGET_UNUSABLE
 * and the codes of `chooseLogicalBackup` and `planLogicalRestore`.
 */
export async function planSourceRestore(
  repository: Repository,
  source: string,
  { notAfter, snapshotId, ...request }: LogicalRestoreRequest & BackupChoice,
  ctx: Context,
): Promise<SourceRestorePlan> {
  const choice = {
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(snapshotId === undefined ? {} : { snapshotId }),
  }
  const chosen = await chooseLogicalBackup(repository, source, choice, ctx)
  const plan = await planLogicalRestore(chosen.files, request, ctx)
  checkRoom(plan)
  return { ...chosen, plan }
}

/** One dump at a time lies in the directory for temporary files. */
function checkRoom({ request, steps }: LogicalRestorePlan): void {
  const place = checkTarget({ target: request.temporaryDirectory, delete: false })
  checkSpace(place, Math.max(0, ...steps.map(({ fingerprint }) => fingerprint.bytes)))
}
