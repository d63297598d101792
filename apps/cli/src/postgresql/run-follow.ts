import { followWal } from '@holdfast/connectors/postgresql/wal/follower'
import { describeTarget } from '@holdfast/connectors/postgresql/connection/target'
import { formatLsn } from '@holdfast/connectors/postgresql/wal/lsn'
import type { Context } from '@holdfast/core/context'
import type { Event, LogFollowed } from '@holdfast/core/events/event'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import { followStart } from '@holdfast/orchestrator/log/follow-start'
import { createRepositoryLogSink } from '@holdfast/orchestrator/log/repository-log-sink'
import type { FollowOptions } from '../command/follow.ts'
import type { Invocation } from '../command/command.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { openRepositories } from '../session/open-repositories.ts'
import { readConnectionArgument, sourceHost } from './connection-argument.ts'
import { logWriterOptionsOf } from './log-option.ts'
import { noteProbeWarnings } from './note-probe-warnings.ts'
import { readSourceName } from './postgres-backup-option.ts'

/** How long a stop may take: what has come is stored, and put into a snapshot. */
const graceMs = 60_000
/** People are told so often where the log is. */
const newsEveryMs = 60_000

/** Follows until the signal to stop comes; that is its ordinary end. */
export async function runFollow(invocation: Invocation<FollowOptions>): Promise<number> {
  const { arguments: given, options, output, variables, ctx } = invocation
  const target = readConnectionArgument(given[0] ?? '', variables, ctx)
  const host = sourceHost(target)
  const source = options.source ?? readSourceName(host, '--source')
  await using stack = new AsyncDisposableStack()
  const repositories = await openRepositories(invocation, { lock: 'none' }, stack)
  const sink = stack.use(createRepositoryLogSink(repositories, { ...logWriterOptionsOf(invocation, host), source }))
  output.note(`following ${describeTarget(target)} as ${source}`)
  await noteProbeWarnings(target, 'follow', ctx)
  const flushEveryMs = options.flushEvery ?? 10_000
  const slot = options.slot ?? slotOf(source)
  const told: Context = { signal: ctx.signal, now: () => ctx.now(), emit: tellPeople(output, ctx) }
  const [first] = repositories
  const start = first === undefined ? {} : await followStart(first, source, ctx)
  const report = await followWal(target, { ...start, slot, sink, flushEveryMs, graceMs }, told)
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
  const { durable, recoverableUntil, segments, bytesReceived } = report
  const position = durable === undefined ? 'nothing' : `everything up to ${formatLsn(durable.lsn)}`
  output.note(
    `${position} is stored${untilText(recoverableUntil)}: ${countOf(segments, 'segment')}, ${formatSize(bytesReceived)}`,
  )
  output.message({
    message_type: 'summary',
    source,
    ...(durable === undefined ? {} : { timeline: durable.timeline, durable: formatLsn(durable.lsn) }),
    ...(recoverableUntil === undefined ? {} : { recoverable_until: recoverableUntil }),
    segments,
    bytes_received: bytesReceived,
  })
  return 0
}

/** "shop.db-1" → "holdfast_shop_db_1": slots have names of small letters, digits and underscores. */
function slotOf(source: string): string {
  return `holdfast_${source.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, 63)
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
  return `stored up to ${durable}${untilText(recoverableUntil)}${loss}; ${countOf(segments, 'segment')}, ${formatSize(bytesReceived)} so far`
}

function untilText(recoverableUntil: string | undefined): string {
  return recoverableUntil === undefined ? '' : `, recoverable until ${recoverableUntil}`
}
