import { tmpdir } from 'node:os'
import { restoreLogical } from '@holdfast/connectors/postgresql/logical/restore/restore-logical'
import { AppError } from '@holdfast/core/errors/app-error'
import { clientPlaceOf } from '@holdfast/orchestrator/postgresql/client-place'
import { makeLogicalSafetyBackup } from '@holdfast/orchestrator/postgresql/make-logical-safety-backup'
import { planSourceRestore } from '@holdfast/orchestrator/postgresql/plan-logical-restore'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import { formatClock } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { openSession } from '../session/open-session.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { renderChecks } from '../proof/check-table.ts'
import { readConnectionArgument, sourceHost } from './connection-argument.ts'
import type { logicalRestoreOptions } from './logical-option.ts'
import { describeLogicalPlan, logicalPlanMessage } from './logical-plan-report.ts'
import type { postgresRestoreOptions } from './postgres-restore-option.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'

type LogicalRestoreInvocation = Invocation<typeof logicalRestoreOptions & typeof postgresRestoreOptions> & {
  readonly options: { readonly dryRun: boolean }
}

/** `restore <source> --into-server …`. Shows the plan before it changes anything. The exit code is 1 when a check failed. */
export async function runLogicalRestore(invocation: LogicalRestoreInvocation): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const [source = ''] = invocation.arguments
  const target = readConnectionArgument(options.intoServer ?? '', variables, ctx)
  // what is replaced is backed up first
  const lock = options.replace === undefined ? 'read' : 'append'
  await using session = await openSession(invocation, { lock, changesNothing: options.dryRun })
  const { database, schema, table, into, replace } = options
  const notAfter = notAfterOf(options.at)
  const { backup, files, plan } = await planSourceRestore(
    session.repository,
    source,
    {
      target,
      client: clientPlaceOf(options.postgresBin, variables),
      databases: database,
      ...(into === undefined ? {} : { into }),
      ...(replace === undefined ? {} : { replaces: replace }),
      parts: { schemas: schema, tables: table },
      globals: database.length === 0 || options.withRoles,
      owners: !options.noOwner,
      jobs: options.jobs ?? defaultWorkers(),
      temporaryDirectory: options.temporary ?? tmpdir(),
      ...(notAfter === undefined ? {} : { notAfter }),
    },
    ctx,
  )
  output.note(describeLogicalPlan(backup, plan))
  output.message(logicalPlanMessage(backup, plan))
  if (options.dryRun) return 0
  if (replace !== undefined && !options.noSafetyBackup) await secureDatabase(session.repository, replace, invocation)
  const startedAt = ctx.now().getTime()
  const { checks, warnings } = await restoreLogical(files, plan, ctx)
  const durationMs = ctx.now().getTime() - startedAt
  for (const warning of warnings) output.line(`warning: ${printable(warning)}`)
  output.line(renderChecks(checks))
  const hasFailed = checks.some(({ verdict }) => verdict === 'failed')
  const verdict = hasFailed ? 'restored, but NOT as it was backed up' : 'restored and compared'
  output.note(`${verdict}, in ${formatClock(durationMs)}`)
  output.message({
    message_type: 'summary',
    snapshot_id: backup.snapshot.id,
    duration_ms: durationMs,
    checks,
    warnings,
  })
  return hasFailed ? 1 : 0
}

/** What is replaced is kept beside it under another name, and in the repository, where a full disk cannot get at it. */
async function secureDatabase(
  repository: Repository,
  database: string,
  invocation: LogicalRestoreInvocation,
): Promise<void> {
  const { arguments: given, options, output, variables, ctx } = invocation
  const target = readConnectionArgument(options.intoServer ?? '', variables, ctx)
  const { snapshotId, source } = await makeLogicalSafetyBackup(
    repository,
    { source: given[0] ?? '', database, target, client: clientPlaceOf(options.postgresBin, variables) },
    saveSettingsOf(invocation, sourceHost(target)),
    ctx,
  )
  output.note(`${printable(database)} as it is now was kept as snapshot ${snapshotId.slice(0, 8)} of ${source}`)
  output.message({ message_type: 'safety_backup', snapshot_id: snapshotId, database, source })
}

/** A dump is one state: the newest by then. */
function notAfterOf(at: LogicalRestoreInvocation['options']['at']): Date | undefined {
  if (at === undefined || at.type === 'latest') return undefined
  if (at.type === 'time') return new Date(at.at)
  const reason = 'a logical backup is restored as it is: give a time or latest'
  throw new AppError('ARGUMENT_INVALID', { name: '--at', value: at.type, reason })
}
