import type { MysqlWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import { executeMysqlRestore } from '../mysql/execute-mysql-restore.ts'
import type { MysqlBackup } from '../mysql/list-mysql-backups.ts'
import { mysqlClientPlace } from '../mysql/mysql-client-place.ts'
import { planMysqlRestore } from '../mysql/plan-mysql-restore.ts'
import { executeMysqlDirectory, planMysqlDirectory } from '../mysql/restore-mysql-directory.ts'
import { mysqlTarget } from '../operation/mysql-target.ts'
import { timeOf } from './choose-snapshot.ts'
import { newDatabase, refuseFailedChecks } from './database-target.ts'
import { mysqlPoint } from './restore-point.ts'
import { allowedPlace } from './restore-place.ts'
import type { RestorePlan, RestoreSurroundings } from './restore-plan.ts'

/** Plans a data directory, with the log replayed. Fails with RECOVERY_…, RESTORE_…, MYSQL_…, TARGET_…. */
export async function planMysqlFiles(
  order: RestoreOrder,
  given: RestoreSurroundings,
  ctx: Context,
): Promise<RestorePlan> {
  const { source, repository, machine, config } = given
  const { to } = order
  if (to.type !== 'directory' || to.existing === 'replace') throw newOnly(source.name)
  refuseSnapshot(order)
  const directory = await allowedPlace(to.path, config.server)
  const client = mysqlClientPlace([], (name) => machine.variable(name))
  const target = { stop: mysqlPoint(order.at, source.name), inclusive: true, without: [] }
  const plan = await planMysqlDirectory(repository, source.name, { target, to: directory, client }, ctx)
  const { manifest } = plan.backup
  return {
    view: {
      ...viewOf(order, plan.backup, given),
      kind: 'mysql-directory',
      target: directory,
      files: manifest.files,
      bytes: manifest.bytes,
      logBytes: plan.replay?.bytes ?? 0,
      warnings: latestNote(order),
    },
    async execute(own) {
      await allowedPlace(directory, config.server)
      const { files, bytes } = await executeMysqlDirectory(plan, machine.workers, own)
      return { filesRestored: files, bytesRestored: bytes, problems: [] }
    },
  }
}

/** Plans a new database on the server of the source, with the log replayed. Fails with RECOVERY_…, RESTORE_…, MYSQL_…. */
export async function planMysqlDatabase(
  order: RestoreOrder,
  workload: MysqlWorkload,
  given: RestoreSurroundings,
  ctx: Context,
): Promise<RestorePlan> {
  const { source, repository, machine } = given
  const { database, into } = newDatabase(order, given)
  refuseSnapshot(order)
  const plan = await planMysqlRestore(
    repository,
    source.name,
    { stop: mysqlPoint(order.at, source.name), inclusive: true, without: [] },
    {
      target: await mysqlTarget(workload, machine, ctx),
      client: mysqlClientPlace([], (name) => machine.variable(name)),
      databases: [database],
      tables: [],
      into,
      replaces: [],
      users: false,
    },
    ctx,
  )
  const { load, replay } = plan
  const target = `database ${into} on ${load.host}`
  return {
    view: {
      ...viewOf(order, plan.backup, given),
      kind: 'mysql-database',
      target,
      bytes: load.dumpBytes,
      logBytes: replay?.bytes ?? 0,
      warnings: [...load.warnings, ...latestNote(order)],
    },
    async execute(own) {
      const { checks, warnings } = await executeMysqlRestore(plan, { skipsAccounts: true }, own)
      refuseFailedChecks(checks, source.name, target)
      return { bytesRestored: load.dumpBytes, problems: warnings }
    },
  }
}

function viewOf(order: RestoreOrder, { snapshot, manifest }: MysqlBackup, { repositoryName }: RestoreSurroundings) {
  const time = timeOf(snapshot).toISOString()
  const state = order.at === 'latest' ? {} : { state: order.at === 'backup' ? manifest.consistentAt : order.at }
  return {
    order: { ...order, repository: repositoryName },
    snapshot: snapshot.id,
    snapshotTime: time,
    ...state,
    overwrites: 0,
    role: 'operator',
  } as const
}

function latestNote({ at }: RestoreOrder): string[] {
  return at === 'latest' ? ['whatever the log holds when the restore begins is replayed'] : []
}

function newOnly(source: string): AppError {
  const [reason, advice] = ['its files are restored to a new directory only', 'Name a directory that is not there.']
  return new AppError('RESTORE_UNSUITABLE', { source, reason, advice })
}

/** The backup is chosen by the moment, since the log is replayed on it. */
function refuseSnapshot({ snapshot, source }: RestoreOrder): void {
  if (snapshot === undefined) return
  const [reason, advice] = ['its backup is chosen by the moment', 'Give the moment, not the snapshot.']
  throw new AppError('RESTORE_UNSUITABLE', { source, reason, advice })
}
