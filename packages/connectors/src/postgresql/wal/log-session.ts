import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from '../connection/connection.ts'
import { sqlStateOf } from '../connection/server-error.ts'
import { chooseStart, freshStart, type ServerPosition } from './choose-start.ts'
import type { FindingBoard } from './finding-board.ts'
import type { LogIntake } from './log-intake.ts'
import type { LogGap } from './log-sink.ts'
import { floorToSegment, formatLsn, type LogPosition, type Lsn } from './lsn.ts'
import { readySlot } from './replication-slot.ts'
import { identifyServer, readTimelineHistory } from './server-identity.ts'
import { isInHistory, timelineEnd } from './timeline-history.ts'
import { type StreamEnd, streamWal } from './wal-stream.ts'
import { walTimeOf } from './wal-time.ts'

export interface SessionOptions {
  readonly slot: string
  readonly intake: LogIntake
  readonly findings: FindingBoard
  readonly statusEveryMs: number
  readonly askEveryMs: number
  readonly stallLimitMs: number
  readonly lastingCtx: Context
  onTick(): void
}

/** What is learned in one session and holds in the next. */
export interface SessionMemory {
  systemIdentifier: string | undefined
  /** the slot should be there: it was, or there is a log already */
  expectsSlot: boolean
  /** streaming from here failed, because the server has removed it */
  removedAt: LogPosition | undefined
}

const undefinedFile = '58P01'

/** Follows the log over one connection, across timelines, until the server ends it or the signal is aborted. */
export async function runLogSession(
  connection: PostgresConnection,
  options: SessionOptions,
  memory: SessionMemory,
  ctx: Context,
): Promise<void> {
  const { intake, findings } = options
  const server = await identifyServer(connection, memory.systemIdentifier, ctx)
  const { systemIdentifier, segmentBytes } = server
  memory.systemIdentifier = systemIdentifier
  const slot = await readySlot(connection, options.slot, ctx)
  if (slot.isNew && memory.expectsSlot) noteSlotVanished(options, connection.host, ctx)
  memory.expectsSlot = true
  const position: ServerPosition = { ...server, slotLsn: slot.restartLsn }
  let at: LogPosition | undefined = beginAt(position, segmentBytes, options, memory, ctx)
  if (server.history !== undefined) intake.giveHistory(server.timeline, server.historyText)
  while (at !== undefined) {
    intake.begin({ at, segmentBytes, systemIdentifier })
    const end = await streamFrom(connection, at, options, memory, ctx)
    at = undefined
    if (end.type !== 'switched') break
    intake.endTimeline()
    intake.giveHistory(end.to.timeline, await readTimelineHistory(connection, end.to.timeline, options.lastingCtx))
    at = { timeline: end.to.timeline, lsn: floorToSegment(end.to.lsn, segmentBytes) }
  }
  findings.passed('POSTGRES_SLOT_VANISHED')
}

async function streamFrom(
  connection: PostgresConnection,
  at: LogPosition,
  options: SessionOptions,
  memory: SessionMemory,
  ctx: Context,
): Promise<StreamEnd> {
  try {
    return await streamWal(connection, { ...options, at }, ctx)
  } catch (error) {
    if (sqlStateOf(error) === undefinedFile) memory.removedAt = options.intake.next ?? at
    throw error
  }
}

/** Decides where to begin; tells the sink and the user when something is missing before that. */
function beginAt(
  server: ServerPosition,
  segmentBytes: number,
  options: SessionOptions,
  memory: SessionMemory,
  ctx: Context,
): LogPosition {
  const { intake } = options
  const { removedAt } = memory
  const next = intake.next
  if (removedAt !== undefined) {
    memory.removedAt = undefined
    const isKept = server.slotLsn !== undefined && floorToSegment(server.slotLsn, segmentBytes) > removedAt.lsn
    const to = freshStart(isKept ? server : { ...server, slotLsn: undefined }, segmentBytes)
    if (intake.received !== undefined)
      noteGap({ from: intake.received, to, reason: 'wal-removed', noticedAt: walTimeOf(ctx.now()) }, options, ctx)
    return to
  }
  const choice = chooseStart(server, next, segmentBytes)
  if (choice.type === 'wait') {
    throw new AppError('POSTGRES_SERVER_BEHIND', { reason: choice.reason })
  }
  noteFork(server, options, ctx)
  if (choice.cause === 'other-timeline' && next !== undefined) {
    const from = intake.received ?? next
    noteGap({ from, to: choice.at, reason: 'other-timeline', noticedAt: walTimeOf(ctx.now()) }, options, ctx)
  } else if (choice.cause === 'forked') intake.endTimeline()
  return choice.at
}

function noteGap(gap: LogGap, { intake, findings }: SessionOptions, ctx: Context): void {
  const range = `${formatLsn(gap.from.lsn)} to ${formatLsn(gap.to.lsn)}`
  const message = `WAL from ${range} is missing for good: the server no longer has it`
  const hint = 'Make a new base backup now; until there is one, nothing after the gap can be recovered.'
  findings.note({ code: 'POSTGRES_WAL_GAP', message, hint }, ctx)
  intake.giveGap(gap)
}

/** The promoted server had not received all that the old one had sent here: those transactions are on no server any more. */
function noteFork({ history, timeline }: ServerPosition, { intake, findings }: SessionOptions, ctx: Context): void {
  const received = intake.received
  if (received === undefined || history === undefined || !isInHistory(history, received.timeline)) return
  const end: Lsn | undefined = timelineEnd(history, received.timeline)
  if (end === undefined || received.lsn <= end) return
  const lost = `${formatLsn(end)} to ${formatLsn(received.lsn)}`
  const message = `timeline ${timeline} began at ${formatLsn(end)}, without what the server before it had written: ${lost}`
  const hint = `Transactions of that range are only in the log: recover timeline ${received.timeline} to look at them.`
  findings.note({ code: 'POSTGRES_TIMELINE_FORKED', message, hint }, ctx)
}

function noteSlotVanished({ slot, findings }: SessionOptions, host: string, ctx: Context): void {
  const message = `the replication slot ${slot} on ${host} had gone and was made again`
  const hint =
    'After a failover that is expected. Otherwise find out who dropped it: without it WAL can be removed too early.'
  findings.note({ code: 'POSTGRES_SLOT_VANISHED', message, hint }, ctx)
}
