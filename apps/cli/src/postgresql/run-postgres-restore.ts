import { rm } from 'node:fs/promises'
import { type RestoredServerStart, startRestoredServer } from '@holdfast/connectors/postgresql/server/start-restored'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { findArchivedFacts } from '@holdfast/orchestrator/backup/find-archived-facts'
import { executePostgresRestore } from '@holdfast/orchestrator/postgresql/execute-restore'
import { planPostgresRestore, type PostgresRestorePlan } from '@holdfast/orchestrator/postgresql/plan-restore'
import { requireStartablePlan } from '@holdfast/orchestrator/postgresql/require-startable'
import { makeSafetyBackup } from '@holdfast/orchestrator/safety-backup'
import { refuseArchived } from '@holdfast/repository/archive/archived-packs'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { formatClock } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { currentIdentity } from '../session/identity.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import type { postgresRestoreOptions } from './postgres-restore-option.ts'
import { type ArchiveOptions, requestWhatIsArchived } from '../restore/archive-option.ts'
import { describePlan, planMessage } from './restore-plan-report.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'

export type PostgresRestoreInvocation = Invocation<typeof postgresRestoreOptions> & {
  readonly options: { readonly target: string | undefined; readonly dryRun: boolean } & ArchiveOptions
}

const defaultPort = 5433

/**
 * `restore <source>`: a cluster as it was at a point in time. Shows the plan before it writes anything. The caller holds a
 * lock, one to append with for `--delta`.
 */
export async function runPostgresRestore(
  repository: Repository,
  invocation: PostgresRestoreInvocation,
): Promise<number> {
  const {
    arguments: [source = ''],
    options,
    output,
    ctx,
  } = invocation
  const to = options.to ?? options.target
  if (to === undefined || to === '') {
    throw new AppError('ARGUMENT_MISSING', { command: 'restore', argument: '--to <directory>' })
  }
  if (options.start && options.targetAction === 'shutdown') {
    throw new AppError('OPTIONS_CONFLICT', { first: '--start', second: '--target-action shutdown' })
  }
  const planned = await planPostgresRestore(
    repository,
    {
      source,
      target: {
        stop: options.at ?? { type: 'latest' },
        inclusive: !options.before,
        timeline: options.timeline ?? 'latest',
      },
      to,
      tablespaceMapping: new Map(options.tablespaceMapping),
      action: options.targetAction ?? 'promote',
      delta: options.delta,
      workers: defaultWorkers(),
    },
    ctx,
  ).catch((error: unknown) => askForFacts(repository, source, invocation, error))
  if (planned === 'asked') return 0
  const plan = planned
  output.note(describePlan(plan))
  output.message(planMessage(plan))
  if (options.dryRun) return 0
  if (await requestWhatIsArchived(repository, plan.archived, invocation)) return 0
  if (options.start) await requireStartablePlan(plan, startOf(plan, invocation), ctx)
  if (plan.replaced.length > 0) await secureTarget(repository, plan, invocation)
  const restored = await executePostgresRestore(plan, ctx)
  const skipped = restored.filesSkipped === 0 ? '' : `, ${countOf(restored.filesSkipped, 'file')} equal already`
  output.note(
    `restored ${countOf(restored.filesRestored, 'file')} (${formatSize(restored.bytesRestored)})${skipped} and ${countOf(restored.walSegments, 'WAL segment')} in ${formatClock(restored.filesMs + restored.walMs)}`,
  )
  const started = options.start ? await startServer(plan, invocation) : undefined
  if (started === undefined)
    output.note(`start a PostgreSQL server on ${printable(plan.dataDirectory)}: it recovers by itself`)
  const server = started === undefined ? {} : { pid: started.pid, port: started.port, ready_ms: started.readyMs }
  output.message({
    message_type: 'summary',
    ...summaryOf(plan),
    ...restored,
    ...(started === undefined ? {} : { server }),
  })
  return 0
}

/** A plan that could not be made because of what is archived: asks for that when it is wanted, else says what it is. */
async function askForFacts(
  repository: Repository,
  source: string,
  invocation: PostgresRestoreInvocation,
  error: unknown,
): Promise<'asked'> {
  if (!isAppError(error, 'STORAGE_ARCHIVED')) throw error
  const need = await findArchivedFacts(repository, source, invocation.ctx)
  if (await requestWhatIsArchived(repository, need, invocation)) return 'asked'
  refuseArchived(need, repository.backend.location)
  throw error
}

/** What a restore overwrites is confirmed by name, and kept. */
async function secureTarget(
  repository: Repository,
  { replaced, request: { source } }: PostgresRestorePlan,
  invocation: PostgresRestoreInvocation,
): Promise<void> {
  const { options, output, ctx } = invocation
  if (options.confirm !== source) throw new AppError('RESTORE_UNCONFIRMED', { source, target: replaced.join(', ') })
  if (options.noSafetyBackup) return
  const settings = saveSettingsOf(invocation, currentIdentity().hostname)
  const id = await makeSafetyBackup(repository, replaced, source, settings, ctx)
  output.note(`what is in ${replaced.map(printable).join(', ')} now was kept as snapshot ${id.slice(0, 8)}`)
  output.message({ message_type: 'safety_backup', snapshot_id: id, directories: replaced })
}

function startOf(plan: PostgresRestorePlan, { options, variables }: PostgresRestoreInvocation): RestoredServerStart {
  return {
    dataDirectory: plan.dataDirectory,
    otherDirectories: [plan.walDirectory, ...plan.tablespaces.values()],
    major: Math.floor(plan.backup.manifest.server.versionNumber / 10_000),
    port: options.port ?? defaultPort,
    // whoever the server runs as can write there, and the path is short enough for a socket
    socketDirectory: '/tmp',
    binaries: { directories: options.postgresBin, path: variables('PATH') ?? '' },
  }
}

async function startServer(plan: PostgresRestorePlan, invocation: PostgresRestoreInvocation) {
  const { options, output, ctx } = invocation
  const start = startOf(plan, invocation)
  const { port, socketDirectory } = start
  const server = await startRestoredServer(start, ctx)
  output.note(
    `PostgreSQL is ready after ${formatClock(server.readyMs)}: process ${server.pid}, port ${port} on loopback, socket in ${socketDirectory}, log ${printable(server.logFile)}`,
  )
  // a promoted server writes its own WAL from here on
  if ((options.targetAction ?? 'promote') === 'promote') await rm(plan.walDirectory, { recursive: true, force: true })
  return { ...server, port }
}

function summaryOf({ backup, recovery, dataDirectory, walDirectory }: PostgresRestorePlan) {
  return {
    snapshot_id: backup.snapshot.id,
    data_directory: dataDirectory,
    wal_directory: walDirectory,
    ...(recovery.until === undefined ? {} : { until: recovery.until }),
  }
}
