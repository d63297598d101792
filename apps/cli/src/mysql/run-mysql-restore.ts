import { describeMysqlTarget, type MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import type { DatabaseStep } from '@holdfast/connectors/mysql/logical/restore/logical-restore'
import { describePoint } from '@holdfast/connectors/mysql/recovery/recovery-point'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { backupMysql } from '@holdfast/orchestrator/mysql/backup-mysql'
import { executeMysqlRestore } from '@holdfast/orchestrator/mysql/execute-mysql-restore'
import { mysqlClientPlace } from '@holdfast/orchestrator/mysql/mysql-client-place'
import { type MysqlRestorePlan, planMysqlRestore } from '@holdfast/orchestrator/mysql/plan-mysql-restore'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import { programVersion } from '../command/version.ts'
import { formatClock } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { renderChecks } from '../proof/check-table.ts'
import type { logicalRestoreOptions } from '../postgresql/logical-option.ts'
import type { postgresRestoreOptions } from '../postgresql/postgres-restore-option.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'
import { openSession } from '../session/open-session.ts'
import { mysqlSourceHost, readMysqlConnection } from './mysql-connection-argument.ts'
import type { mysqlRestoreOptions } from './mysql-option.ts'
import { mysqlRecoveryPoint } from './mysql-recovery-target.ts'

type MysqlRestoreInvocation = Invocation<
  typeof logicalRestoreOptions & typeof postgresRestoreOptions & typeof mysqlRestoreOptions
> & { readonly options: { readonly dryRun: boolean } }

/** `restore <source> --into-server mysql://…`. Shows the plan before it changes anything. The exit code is 1 when a check failed. */
export async function runMysqlRestore(invocation: MysqlRestoreInvocation): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const [source = ''] = invocation.arguments
  const { database, table, into, replace, confirm, dryRun } = options
  const target = readMysqlConnection(options.intoServer ?? '', variables)
  if (confirm !== undefined && confirm !== source) {
    throw new AppError('RESTORE_UNCONFIRMED', { source, target: describeMysqlTarget(target) })
  }
  const mayReplace = replace !== undefined || confirm !== undefined
  const lock = mayReplace ? 'append' : 'read'
  await using session = await openSession(invocation, { lock, changesNothing: dryRun })
  const plan = await planMysqlRestore(
    session.repository,
    source,
    { stop: mysqlRecoveryPoint(options.at, options.atLog), inclusive: !options.before, without: options.without },
    {
      target,
      client: mysqlClientPlace(options.mysqlBin, variables),
      databases: database,
      tables: table,
      ...(into === undefined ? {} : { into }),
      replaces: confirm !== undefined ? 'all' : replace === undefined ? [] : [replace],
      users: database.length === 0 || options.withRoles,
      ...(options.temporary === undefined ? {} : { scratchDirectory: options.temporary }),
    },
    ctx,
  )
  output.note(describePlan(source, plan))
  output.message(planMessage(source, plan))
  if (dryRun) return 0
  await keepReplaced(session.repository, source, target, plan, invocation)
  const report = await executeMysqlRestore(plan, { skipsAccounts: database.length > 0 }, ctx)
  for (const warning of report.warnings) output.line(`warning: ${printable(warning)}`)
  output.line(renderChecks(report.checks))
  const hasFailed = report.checks.some(({ verdict }) => verdict === 'failed')
  const replayed =
    plan.replay === undefined ? '' : `, log replayed to ${plan.replay.to.file}:${plan.replay.to.position}`
  const verdict = hasFailed ? 'restored, but NOT as it was backed up' : `restored and compared${replayed}`
  output.note(`${verdict}, in ${formatClock(report.loadMs + report.replayMs)}`)
  output.message({
    message_type: 'summary',
    snapshot_id: plan.backup.snapshot.id,
    load_ms: report.loadMs,
    replay_ms: report.replayMs,
    checks: report.checks,
    warnings: report.warnings,
  })
  return hasFailed ? 1 : 0
}

/** What is dropped for the restore is dumped before, and pinned. */
async function keepReplaced(
  repository: Repository,
  source: string,
  target: MysqlTarget,
  { load }: MysqlRestorePlan,
  invocation: MysqlRestoreInvocation,
): Promise<void> {
  const { options, output, variables, ctx } = invocation
  const losing = load.steps.filter(({ isReplaced, replacedTables }) => isReplaced || replacedTables.length > 0)
  if (losing.length === 0 || options.noSafetyBackup) return
  const databases = losing.map(({ into }) => into)
  const tables = losing.flatMap(({ into, replacedTables }) => replacedTables.map((table) => `${into}.${table}`))
  const replaced = tables.length > 0 ? tables : databases
  const { saved } = await backupMysql(
    [repository],
    target,
    {
      source,
      selection: { databases, tables, excludeTables: [] },
      client: mysqlClientPlace(options.mysqlBin, variables),
      silenceLimitMs: 600_000,
      lockAllTables: false,
      parallel: 1,
      toolVersion: programVersion(),
    },
    {
      ...saveSettingsOf(invocation, mysqlSourceHost(target)),
      tags: [`pin=before a restore of ${source}`, `safety=${source}`],
    },
    ctx,
  )
  const id = saved.repositories[0]?.snapshotId
  if (id === undefined) throw new AppError('RESTORE_UNCONFIRMED', { source, target: replaced.join(', ') })
  output.note(`${replaced.map(printable).join(', ')} as of now was kept as snapshot ${id.slice(0, 8)}`)
  output.message({ message_type: 'safety_backup', snapshot_id: id, databases, tables })
}

function describePlan(source: string, { backup, load, replay, target, scratch }: MysqlRestorePlan): string {
  const { manifest, snapshot } = backup
  const place =
    replay &&
    `${replay.from.file}:${replay.from.position} to ${replay.to.file}:${replay.to.position}, ${formatSize(replay.bytes)}`
  const left = replay?.without.map(({ file, startPosition }) => `${file}:${startPosition}`) ?? []
  return [
    `restore of ${source} into ${load.serverVersion} at ${load.host}, to ${describePoint(target.stop)}`,
    `  backup       ${snapshot.id.slice(0, 8)} of ${manifest.consistentAt}, ${manifest.server.family} ${manifest.server.version}`,
    ...load.steps.map((step) => {
      const { fingerprint, tables } = step
      const what =
        tables.length === 0 ? `${fingerprint.tables.length} tables` : `tables ${tables.map(printable).join(', ')}`
      const where = describePlace(step)
      return `  database     ${printable(fingerprint.name)}, ${what}: ${where}`
    }),
    `  reads        ${formatSize(load.dumpBytes)}`,
    ...(place === undefined ? [] : [`  replays      ${place}`]),
    ...(scratch === undefined
      ? []
      : ['  by way of    a scratch server, which all databases are brought to that point in']),
    ...left.map((one) => `  leaves out   the transaction at ${one}`),
    ...load.warnings.map((warning) => `  warning      ${printable(warning)}`),
  ].join('\n')
}

function describePlace({ into, isReplaced, isKept, replacedTables }: DatabaseStep): string {
  if (isReplaced) return `DROPPED first and replaced: ${printable(into)}`
  if (!isKept) return `new database ${printable(into)}`
  const dropped = replacedTables.map((table) => printable(`${into}.${table}`)).join(', ')
  return `into the database ${printable(into)} that is there${dropped === '' ? '' : `, DROPPED first and replaced: ${dropped}`}`
}

function planMessage(
  source: string,
  { backup, load, replay, target }: MysqlRestorePlan,
): Readonly<Record<string, unknown>> {
  return {
    message_type: 'plan',
    source,
    snapshot_id: backup.snapshot.id,
    target: describePoint(target.stop),
    host: load.host,
    databases: load.steps.map(({ fingerprint, into, isReplaced, replacedTables, tables }) => {
      return { name: fingerprint.name, into, replaced: isReplaced, tables, replaced_tables: replacedTables }
    }),
    dump_bytes: load.dumpBytes,
    ...(replay === undefined
      ? {}
      : { replay: { from: replay.from, to: replay.to, without: replay.without, bytes: replay.bytes } }),
    warnings: load.warnings,
  }
}
