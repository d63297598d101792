import { restoreLogical } from '@holdfast/connectors/postgresql/logical/restore/restore-logical'
import type { TargetPoint } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import type { PostgresWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import { postgresTarget } from '../operation/postgres-target.ts'
import { saveSettingsFor } from '../operation/save-settings-for.ts'
import { clientPlaceOf } from '../postgresql/client-place.ts'
import { executePostgresRestore } from '../postgresql/execute-restore.ts'
import { listPostgresBackups } from '../postgresql/list-backups.ts'
import { planSourceRestore } from '../postgresql/plan-logical-restore.ts'
import { planPostgresRestore } from '../postgresql/plan-restore.ts'
import { makeSafetyBackup } from '../safety-backup.ts'
import { chooseSnapshot, timeOf } from './choose-snapshot.ts'
import { newDatabase, refuseFailedChecks } from './database-target.ts'
import { archivedNote } from './plan-files-restore.ts'
import { notAfter, restorePoint, toMicroseconds } from './restore-point.ts'
import { allowedOriginal, allowedPlace } from './restore-place.ts'
import type { RestorePlan, RestoreSurroundings } from './restore-plan.ts'

/**
 * Plans a data directory as of the moment of the order. The moment "latest" becomes the instant that it is now, so that the
 * plan stays the same while the log grows. Fails with RECOVERY_…, RESTORE_…, TARGET_….
 */
export async function planPostgresDirectory(
  order: RestoreOrder,
  workload: PostgresWorkload,
  given: RestoreSurroundings,
  ctx: Context,
): Promise<RestorePlan> {
  const { source, repository, repositoryName, machine, config } = given
  const { to, replaces } = await directoryOf(order, workload, given)
  const plan = await planPostgresRestore(
    repository,
    {
      source: source.name,
      target: { stop: await stopOf(order, given, ctx) },
      to,
      tablespaceMapping: new Map(),
      action: 'promote',
      delta: replaces,
      workers: machine.workers,
    },
    ctx,
  )
  const { backup, recovery, dataBytes, walBytes, space, replaced, archived } = plan
  const replacesFiles = replaced.length > 0
  const { until } = recovery
  const pinned = order.at === 'latest' && until !== undefined ? until : order.at
  const state = until ?? (order.at === 'backup' ? toMicroseconds(backup.manifest.stoppedAt) : undefined)
  const confirmation = order.to.type === 'original' ? source.name : to
  return {
    view: {
      order: { ...order, repository: repositoryName, at: pinned },
      kind: 'postgresql-directory',
      snapshot: backup.snapshot.id,
      snapshotTime: timeOf(backup.snapshot).toISOString(),
      ...(state === undefined ? {} : { state }),
      target: to,
      files: backup.manifest.files,
      bytes: dataBytes,
      logBytes: walBytes,
      ...(space[0] === undefined ? {} : { freeBytes: space[0].freeBytes }),
      overwrites: replacesFiles ? backup.manifest.files : 0,
      warnings: archivedNote(archived),
      role: replacesFiles ? 'admin' : 'operator',
      ...(replacesFiles ? { confirmation } : {}),
    },
    async execute(own) {
      for (const path of placesOf(to)) await allowedOriginal(path, config.server)
      if (replacesFiles) {
        await makeSafetyBackup(repository, replaced, source.name, saveSettingsFor(machine, config.host), own)
      }
      const done = await executePostgresRestore(plan, own)
      return { filesRestored: done.filesRestored, bytesRestored: done.bytesRestored + walBytes, problems: [] }
    },
  }
}

async function directoryOf(
  { to }: RestoreOrder,
  { dataDirectory }: PostgresWorkload,
  { source, config }: RestoreSurroundings,
): Promise<{ readonly to: string; readonly replaces: boolean }> {
  const wanted = to.type === 'directory' ? to.path : dataDirectory
  if (wanted === undefined) {
    const [reason, advice] = [
      'the configuration does not say where its data directory is',
      'Restore it to a directory.',
    ]
    throw new AppError('RESTORE_UNSUITABLE', { source: source.name, reason, advice })
  }
  const isOriginal = to.type === 'original'
  const directory = await (isOriginal ? allowedOriginal : allowedPlace)(wanted, config.server)
  for (const path of placesOf(directory)) await allowedOriginal(path, config.server)
  return { to: directory, replaces: isOriginal || (to.type === 'directory' && to.existing === 'replace') }
}

/** Everything that is written: WAL and tablespaces go beside the data directory. */
function placesOf(directory: string): string[] {
  return [directory, `${directory}-wal`, `${directory}-tablespaces`]
}

async function stopOf(order: RestoreOrder, given: RestoreSurroundings, ctx: Context): Promise<TargetPoint> {
  if (order.snapshot === undefined) return restorePoint(order.at)
  const { id } = await chooseSnapshot(order, given, ctx)
  const { backups } = await listPostgresBackups(given.repository, given.source.name, ctx)
  const wanted = backups.find(({ snapshot }) => snapshot.id === id)
  if (wanted === undefined) throw new AppError('SNAPSHOT_UNKNOWN', { snapshot: order.snapshot })
  // from nowhere else is there so little to replay
  return { type: 'time', at: toMicroseconds(wanted.manifest.stoppedAt) }
}

/** Plans a new database on the server of the source, from a dump. Fails with RESTORE_…, POSTGRES_…, BACKUP_PART_UNKNOWN. */
export async function planPostgresDatabase(
  order: RestoreOrder,
  workload: PostgresWorkload,
  given: RestoreSurroundings,
  ctx: Context,
): Promise<RestorePlan> {
  const { source, repository, repositoryName, machine } = given
  const { database, into } = newDatabase(order, given)
  const before = notAfter(order.at, source.name)
  const chosen =
    order.snapshot === undefined
      ? { ...(before === undefined ? {} : { notAfter: before }) }
      : { snapshotId: (await chooseSnapshot(order, given, ctx)).id }
  const { backup, files, plan } = await planSourceRestore(
    repository,
    source.name,
    {
      target: await postgresTarget(workload, machine, ctx),
      client: clientPlaceOf([], (name) => machine.variable(name)),
      databases: [database],
      into,
      parts: { schemas: [], tables: [] },
      globals: false,
      owners: true,
      jobs: 2,
      temporaryDirectory: machine.temporaryDirectory,
      ...chosen,
    },
    ctx,
  )
  const bytes = plan.steps.reduce((sum, { fingerprint }) => sum + fingerprint.bytes, 0)
  const target = `database ${into} on ${plan.host}`
  return {
    view: {
      order: { ...order, repository: repositoryName, snapshot: backup.snapshot.id },
      kind: 'postgresql-database',
      snapshot: backup.snapshot.id,
      snapshotTime: timeOf(backup.snapshot).toISOString(),
      state: backup.manifest.startedAt,
      target,
      bytes,
      logBytes: 0,
      overwrites: 0,
      warnings: [],
      role: 'operator',
    },
    async execute(own) {
      const { checks, warnings } = await restoreLogical(files, plan, own)
      refuseFailedChecks(checks, source.name, target)
      return { bytesRestored: bytes, problems: warnings }
    },
  }
}
