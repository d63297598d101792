import { followBinlog } from '@holdfast/connectors/mysql/binlog/binlog-follower'
import { describeMysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Event, LogFollowed } from '@holdfast/core/events/event'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import { followMysqlStart } from '@holdfast/orchestrator/mysql/follow-mysql-start'
import { followerId } from '@holdfast/orchestrator/mysql/follower-id'
import { createRepositoryBinlogSink } from '@holdfast/orchestrator/mysql/repository-binlog-sink'
import type { Invocation } from '../command/command.ts'
import type { FollowOptions } from '../command/follow.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { logWriterOptionsOf } from '../postgresql/log-option.ts'
import { readSourceName } from '../postgresql/postgres-backup-option.ts'
import { openRepositories } from '../session/open-repositories.ts'
import { mysqlSourceHost, readMysqlConnection } from './mysql-connection-argument.ts'

/** How long a stop may take: what has come is stored, and put into a snapshot. */
const graceMs = 60_000
const newsEveryMs = 60_000

/** Follows until the signal to stop comes; that is its ordinary end. */
export async function runMysqlFollow(invocation: Invocation<FollowOptions>): Promise<number> {
  const { arguments: given, options, output, variables, ctx } = invocation
  if (options.slot !== undefined)
    throw new AppError('OPTIONS_CONFLICT', { first: 'a MySQL connection', second: '--slot' })
  const target = readMysqlConnection(given[0] ?? '', variables)
  const host = mysqlSourceHost(target)
  const source = options.source ?? readSourceName(host, '--source')
  await using stack = new AsyncDisposableStack()
  const repositories = await openRepositories(invocation, { lock: 'none' }, stack)
  const sink = stack.use(createRepositoryBinlogSink(repositories, { ...logWriterOptionsOf(invocation, host), source }))
  output.note(`following ${describeMysqlTarget(target)} as ${source}`)
  const told: Context = { signal: ctx.signal, now: () => ctx.now(), emit: tellPeople(output, ctx) }
  const [first] = repositories
  const startFile = first && (await followMysqlStart(first, source, ctx))
  const report = await followBinlog(
    target,
    {
      sink,
      serverId: options.serverId ?? followerId(source, host),
      flushEveryMs: options.flushEvery ?? 10_000,
      graceMs,
      ...(startFile === undefined ? {} : { startFile }),
    },
    told,
  )
  // all is durable already; this spares the next run and stock restic the tips
  const closing: Context = {
    signal: AbortSignal.timeout(graceMs),
    now: () => ctx.now(),
    emit: (event) => ctx.emit(event),
  }
  await sink.batch(closing).catch((error: unknown) => {
    const message = `what was followed last stays in tips: ${error instanceof Error ? error.message : String(error)}`
    ctx.emit({ type: 'message.noted', level: 'info', message })
  })
  const { durable, recoverableUntil, slices, bytesReceived } = report
  const place = durable === undefined ? 'nothing' : `everything up to ${durable}`
  output.note(
    `${place} is stored${untilText(recoverableUntil)}: ${countOf(slices, 'slice')}, ${formatSize(bytesReceived)}`,
  )
  output.message({
    message_type: 'summary',
    source,
    ...(durable === undefined ? {} : { durable }),
    ...(recoverableUntil === undefined ? {} : { recoverable_until: recoverableUntil }),
    segments: slices,
    bytes_received: bytesReceived,
  })
  return 0
}

/** Where the log is, at once and then once a minute; programs get every report. */
function tellPeople(output: Output, ctx: Context): (event: Event) => void {
  let toldAtMs = Number.NEGATIVE_INFINITY
  return (event) => {
    ctx.emit(event)
    if (event.type !== 'log.followed' || event.durable === undefined) return
    const nowMs = ctx.now().getTime()
    if (nowMs - toldAtMs < (output.verbosity > 0 ? 0 : newsEveryMs)) return
    toldAtMs = nowMs
    output.note(newsLine(event, nowMs))
  }
}

function newsLine({ durable, recoverableUntil, segments, bytesReceived }: LogFollowed, nowMs: number): string {
  const age = recoverableUntil === undefined ? undefined : Math.max(0, nowMs - Date.parse(recoverableUntil))
  const loss = age === undefined ? '' : `, at most ${formatDurationMs(age)} would be lost`
  return `stored up to ${durable}${untilText(recoverableUntil)}${loss}; ${countOf(segments, 'slice')}, ${formatSize(bytesReceived)} so far`
}

function untilText(recoverableUntil: string | undefined): string {
  return recoverableUntil === undefined ? '' : `, recoverable until ${recoverableUntil}`
}
