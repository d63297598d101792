import { followBinlog } from '@holdfast/connectors/mysql/binlog/binlog-follower'
import { followWal } from '@holdfast/connectors/postgresql/wal/follower'
import type { MysqlWorkload, PostgresWorkload, SourceSettings } from '@holdfast/core/config/effective-config'
import { type Context, withSignal } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { followerId } from '../mysql/follower-id.ts'
import { followMysqlStart } from '../mysql/follow-mysql-start.ts'
import { createRepositoryBinlogSink } from '../mysql/repository-binlog-sink.ts'
import type { Machine } from '../operation/machine.ts'
import { mysqlHost, mysqlTarget } from '../operation/mysql-target.ts'
import { messageOf } from '../operation/operation-report.ts'
import { postgresHost, postgresTarget } from '../operation/postgres-target.ts'
import type { RepositoryPool } from '../operation/repository-pool.ts'
import { saveSettingsFor } from '../operation/save-settings-for.ts'
import { followStart } from './follow-start.ts'
import { logSaveSettings } from './log-save-settings.ts'
import { createRepositoryLogSink } from './repository-log-sink.ts'

export interface FollowRequest {
  readonly source: SourceSettings
  readonly workload: PostgresWorkload | MysqlWorkload
  readonly repositories: RepositoryPool
  readonly machine: Machine
  /** this machine's name in snapshots */
  readonly host: string
}

/** How long a stop may take: what has come is stored. */
const graceMs = 20_000
/** A repository that could not be opened is tried again after this; what it lacks is copied from the others then. */
const reopenAfterMs = 10 * 60_000

/**
 * Follows a source's log until the signal, which is the ordinary end, or until a repository that could not be opened is
 * to be tried again. Fails with what no waiting mends.
 */
export async function followSource(request: FollowRequest, ctx: Context): Promise<void> {
  const { source, workload } = request
  const { opened, isComplete } = await openAll(request, ctx)
  const signal = isComplete ? ctx.signal : AbortSignal.any([ctx.signal, AbortSignal.timeout(reopenAfterMs)])
  const own = withSignal(ctx, signal)
  await using sink =
    workload.type === 'postgresql'
      ? await followPostgres(workload, request, opened, own)
      : await followMysql(workload, request, opened, own)
  const closing = withSignal(ctx, AbortSignal.timeout(graceMs))
  await sink.batch(closing).catch((error: unknown) => {
    const message = `what was followed last of ${source.name} stays in tips: ${messageOf(error)}`
    ctx.emit({ type: 'message.noted', level: 'info', message })
  })
}

/** What was followed into; to be closed. */
interface FollowedInto extends AsyncDisposable {
  batch(ctx: Context): Promise<void>
}

async function followPostgres(
  workload: PostgresWorkload,
  request: FollowRequest,
  opened: readonly Repository[],
  ctx: Context,
): Promise<FollowedInto> {
  const { source, machine, host } = request
  const target = await postgresTarget(workload, machine, ctx)
  await using stack = new AsyncDisposableStack()
  const sink = stack.use(createRepositoryLogSink(opened, sinkOptions(request, postgresHost(target, host))))
  const [first] = opened
  const start = first === undefined ? {} : await followStart(first, source.name, ctx)
  const { slot, flushEveryMs } = workload
  await followWal(target, { ...start, slot, sink, flushEveryMs, graceMs }, ctx)
  stack.move()
  return sink
}

async function followMysql(
  workload: MysqlWorkload,
  request: FollowRequest,
  opened: readonly Repository[],
  ctx: Context,
): Promise<FollowedInto> {
  const { source, machine, host } = request
  const target = await mysqlTarget(workload, machine, ctx)
  const serverHost = mysqlHost(target, host)
  await using stack = new AsyncDisposableStack()
  const sink = stack.use(createRepositoryBinlogSink(opened, sinkOptions(request, serverHost)))
  const [first] = opened
  const startFile = first === undefined ? undefined : await followMysqlStart(first, source.name, ctx)
  const { serverId = followerId(source.name, serverHost), flushEveryMs } = workload
  const start = startFile === undefined ? {} : { startFile }
  await followBinlog(target, { ...start, sink, serverId, flushEveryMs, graceMs }, ctx)
  stack.move()
  return sink
}

function sinkOptions({ source, machine }: FollowRequest, serverHost: string) {
  return {
    source: source.name,
    settings: logSaveSettings(saveSettingsFor(machine, serverHost)),
    lock: { identity: machine.identity },
  }
}

async function openAll(
  { source, repositories }: FollowRequest,
  ctx: Context,
): Promise<{ readonly opened: readonly Repository[]; readonly isComplete: boolean }> {
  const opened: Repository[] = []
  let failure: unknown
  for (const name of source.repositories) {
    try {
      opened.push(await repositories.open(name, ctx))
    } catch (error) {
      ctx.signal.throwIfAborted()
      failure = error
      const message = `the log of ${source.name} does not go into ${name} for now: ${messageOf(error)}`
      ctx.emit({ type: 'message.noted', level: 'warning', message })
    }
  }
  if (opened.length === 0) throw failure
  return { opened, isComplete: opened.length === source.repositories.length }
}
