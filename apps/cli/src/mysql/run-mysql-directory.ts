import { describePoint } from '@holdfast/connectors/mysql/recovery/recovery-point'
import { AppError } from '@holdfast/core/errors/app-error'
import { countOf } from '@holdfast/core/units/count-of'
import { formatSize } from '@holdfast/core/units/size'
import { mysqlClientPlace } from '@holdfast/orchestrator/mysql/mysql-client-place'
import {
  executeMysqlDirectory,
  type MysqlDirectoryPlan,
  planMysqlDirectory,
} from '@holdfast/orchestrator/mysql/restore-mysql-directory'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import { formatClock } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import type { postgresRestoreOptions } from '../postgresql/postgres-restore-option.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import type { mysqlRestoreOptions } from './mysql-option.ts'
import { mysqlRecoveryPoint } from './mysql-recovery-target.ts'

type DirectoryInvocation = Invocation<typeof postgresRestoreOptions & typeof mysqlRestoreOptions> & {
  readonly options: { readonly target: string | undefined; readonly dryRun: boolean }
}

/** `restore <source> --to …` of a MySQL source: a data directory as of a point in time. Shows the plan before it writes anything. The caller holds a lock. */
export async function runMysqlDirectory(repository: Repository, invocation: DirectoryInvocation): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const [source = ''] = invocation.arguments
  const to = options.to ?? options.target ?? ''
  if (to === '')
    throw new AppError('ARGUMENT_MISSING', { command: 'restore', argument: '--to <directory>, or --into-server' })
  const target = {
    stop: mysqlRecoveryPoint(options.at, options.atLog),
    inclusive: !options.before,
    without: options.without,
  }
  const client = mysqlClientPlace(options.mysqlBin, variables)
  const plan = await planMysqlDirectory(repository, source, { target, to, client }, ctx)
  output.note(describePlan(source, plan))
  if (options.dryRun) return 0
  const report = await executeMysqlDirectory(plan, defaultWorkers(), ctx)
  const { files, bytes, filesMs, prepareMs, replayMs } = report
  output.note(
    `restored ${countOf(files, 'file')} (${formatSize(bytes)}) and prepared them in ${formatClock(filesMs + prepareMs)}, replayed the log in ${formatClock(replayMs)}\nstart a server on ${printable(plan.directory)}`,
  )
  output.message({
    message_type: 'summary',
    snapshot_id: plan.backup.snapshot.id,
    data_directory: plan.directory,
    ...report,
  })
  return 0
}

function describePlan(source: string, { backup, replay, directory, tool, target }: MysqlDirectoryPlan): string {
  const { manifest, snapshot } = backup
  const { server } = manifest
  return [
    `restore of ${source} to ${printable(directory)}, to ${describePoint(target.stop)}`,
    `  backup       ${snapshot.id.slice(0, 8)} of ${manifest.consistentAt}, ${server.family} ${server.version}`,
    `  reads        ${formatSize(manifest.bytes)}, prepared by ${tool.program} ${tool.version}`,
    ...(replay === undefined
      ? []
      : [
          `  replays      ${replay.from.file}:${replay.from.position} to ${replay.to.file}:${replay.to.position}, ${formatSize(replay.bytes)}, without statements about accounts`,
        ]),
  ].join('\n')
}
