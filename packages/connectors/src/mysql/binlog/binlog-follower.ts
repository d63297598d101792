import { type Context, withSignal } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { ErrorCode } from '@holdfast/core/errors/catalogue'
import { FindingBoard } from '../../postgresql/wal/finding-board.ts'
import { ReconnectDelay, type ReconnectDelays } from '../../postgresql/wal/reconnect-delay.ts'
import { connectToPrimary } from '../connection/choose-host.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import { describeMysqlTarget, type MysqlTarget } from '../connection/target.ts'
import { binlogFinding } from '../logical/logical-findings.ts'
import { readServerFacts } from '../logical/read-server-facts.ts'
import { BinlogIntake } from './binlog-intake.ts'
import { formatPosition } from './binlog-position.ts'
import type { BinlogSink } from './binlog-sink.ts'
import { streamBinlog } from './binlog-stream.ts'
import { decideStart, type StartDecision } from './find-start.ts'
import { findSwitch } from './find-switch.ts'
import { GtidSet } from './gtid-set.ts'
import { listBinlogs, readCreation, type ServerBinlog } from './server-binlogs.ts'
import type { ServerSwitch, SliceFacts } from './slice-facts.ts'

export interface BinlogFollowOptions {
  readonly sink: BinlogSink
  /** by which the server tells this follower from its replicas; unique among them */
  readonly serverId: number
  /** How much may be lost: what was committed is durable after so long at the latest. Default 10 s. */
  readonly flushEveryMs?: number
  /** The file that a log begins with which the sink has nothing of, such as a backup's; default: the newest. */
  readonly startFile?: string
  /** how long what has come may take to become durable after the signal to stop; default a minute */
  readonly graceMs?: number
  readonly sliceBytes?: number
  readonly confirmEveryMs?: number
  readonly delays?: ReconnectDelays
}

export interface BinlogFollowReport {
  /** "binlog.000042:1234" */
  readonly durable: string | undefined
  readonly recoverableUntil: string | undefined
  readonly slices: number
  readonly bytesReceived: number
}

/**
 * Follows a server's binary log into a sink until the context's signal is aborted, then makes durable what has come and
 * returns. Whatever passes by itself (a restart, a cut connection) is survived; it fails when it would not: no binary log, a
 * missing privilege, an access that was never granted, or a failing sink. Emits log.followed, and finding.noted:
 * MYSQL_BINLOG_GAP, MYSQL_BINLOG_BEGAN_ANEW, MYSQL_FAILOVER_LOST_TRANSACTIONS, MYSQL_SERVER_BEHIND, MYSQL_FOLLOWING_INTERRUPTED, MYSQL_BINLOG_FORMAT_UNSAFE.
 */
export async function followBinlog(
  target: MysqlTarget,
  options: BinlogFollowOptions,
  ctx: Context,
): Promise<BinlogFollowReport> {
  const stop = new AbortController()
  const graceMs = options.graceMs ?? 60_000
  const begin = (): void => void setTimeout(() => stop.abort(new AppError('INTERRUPTED', {})), graceMs).unref()
  if (ctx.signal.aborted) begin()
  else ctx.signal.addEventListener('abort', begin, { once: true })
  const lasting = withSignal(ctx, stop.signal)
  try {
    return await new Following(target, options, lasting).run(ctx)
  } finally {
    ctx.signal.removeEventListener('abort', begin)
  }
}

/** What no waiting mends. */
const permanentCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'MYSQL_BINLOG_OFF',
  'MYSQL_PRIVILEGE_MISSING',
  'MYSQL_VERSION_UNSUPPORTED',
  'MYSQL_TARGET_INVALID',
])
const newsEveryMs = 1000
const goodSessionMs = 10_000

class Following {
  readonly #target: MysqlTarget
  /** the one of its hosts that is followed */
  #host: MysqlTarget
  readonly #options: BinlogFollowOptions
  readonly #lasting: Context
  readonly #findings = new FindingBoard()
  readonly #intake: BinlogIntake
  readonly #delay: ReconnectDelay
  readonly #flushEveryMs: number
  #hasStreamed = false
  #flushedAtMs = 0
  #toldAtMs = 0
  #sinkFailure: { readonly error: unknown } | undefined

  constructor(target: MysqlTarget, options: BinlogFollowOptions, lasting: Context) {
    this.#target = target
    this.#host = target
    this.#options = options
    this.#lasting = lasting
    this.#flushEveryMs = options.flushEveryMs ?? 10_000
    this.#delay = new ReconnectDelay(
      options.delays ?? { firstDelayMs: 250, longestDelayMs: 30_000, random: Math.random },
    )
    const { sliceBytes = 16 << 20, confirmEveryMs = 60_000 } = options
    this.#intake = new BinlogIntake({ sink: this.#watched(options.sink), sliceBytes, confirmEveryMs }, lasting)
  }

  async run(ctx: Context): Promise<BinlogFollowReport> {
    this.#intake.resume(await this.#options.sink.resumeAt(ctx))
    while (!ctx.signal.aborted) {
      const startedAtMs = ctx.now().getTime()
      const error = await this.#session(ctx)
      if (ctx.signal.aborted && this.#sinkFailure === undefined) break
      if (ctx.now().getTime() - startedAtMs >= goodSessionMs) this.#delay.reset()
      if (error !== undefined) this.#judge(error, ctx)
      await pause(this.#delay.nextMs(), ctx.signal)
    }
    await this.#intake.settle()
    this.#tell()
    const { durable, recoverableUntil, slices, bytes } = this.#intake
    return { durable: durable && formatPosition(durable), recoverableUntil, slices, bytesReceived: bytes }
  }

  /** Returns what ended the session. */
  async #session(ctx: Context): Promise<unknown> {
    try {
      const { target, session } = await connectToPrimary(this.#target, this.#host, ctx)
      await using control = session
      this.#host = target
      const facts = await readServerFacts(control, ctx)
      if (!facts.writesBinlog) throw new AppError('MYSQL_BINLOG_OFF', { host: control.host })
      const unsafe = binlogFinding(facts)
      if (unsafe !== undefined) this.#findings.note(unsafe, ctx)
      const start = await this.#begin(control, facts.serverId, ctx)
      await this.#stream(control, start, ctx)
      return undefined
    } catch (error) {
      return error
    }
  }

  async #begin(control: MysqlConnection, sourceId: number, ctx: Context): Promise<StartDecision> {
    const { serverId, startFile } = this.#options
    const logs = await listBinlogs(control, ctx)
    const place = { serverId, family: control.version.family, heartbeatMs: 1000 }
    const created = (file: string): Promise<number | undefined> => readCreation(this.#host, { ...place, file }, ctx)
    const last = this.#intake.end
    const follows =
      last === undefined || last.serverId === sourceId ? undefined : await this.#switch(control, last, logs, ctx)
    const decision =
      follows ??
      (await decideStart(last, { logs, ...(startFile === undefined ? {} : { wanted: startFile }) }, created, sourceId))
    this.#noteProblem(decision, ctx)
    const { file, startPosition, generation, continues } = decision
    const gtid = continues && last?.gtid !== undefined ? { gtid: last.gtid } : {}
    // at the beginning of a file the server tells what was before it
    const gtids = startPosition > 0 && last?.gtids !== undefined ? { gtids: last.gtids } : {}
    const fileCreatedAt = last !== undefined && last.file === file ? last.fileCreatedAt : 0
    await this.#intake.begin({
      file,
      generation,
      startPosition,
      fileCreatedAt,
      serverId: sourceId,
      checksumBytes: 4,
      ...gtid,
      ...gtids,
      ...(follows === undefined ? {} : { follows: follows.follows }),
    })
    return decision
  }

  /** After a fail-over: goes on behind what is stored, in the log of another server; undefined where that cannot be. */
  async #switch(
    control: MysqlConnection,
    last: SliceFacts,
    logs: readonly ServerBinlog[],
    ctx: Context,
  ): Promise<(StartDecision & { readonly follows: ServerSwitch }) | undefined> {
    const place = { serverId: this.#options.serverId, family: control.version.family, heartbeatMs: 1000 }
    const found = await findSwitch(control, this.#host, { stored: last.gtids, logs, place }, ctx)
    const ended = formatPosition({ file: last.file, position: last.endPosition })
    const note = (level: 'info' | 'warning', message: string): void =>
      this.#lasting.emit({ type: 'message.noted', level, message })
    if ('reason' in found) {
      note('warning', `the log of ${control.host} does not go on from ${ended} of another server: ${found.reason}`)
      return undefined
    }
    const { file, position, gtids } = found
    note('info', `the log goes on at ${control.host} with ${file}:${position}, behind ${ended} of another server`)
    if (last.gtid !== undefined && !GtidSet.parse(gtids).has(last.gtid)) {
      const message = `${control.host} took over without transactions that are stored: it has ${gtids}, the log ends with ${last.gtid}`
      const hint =
        'Recoveries leave them out, as the server does. See what they were with `mariadb-binlog -v`, in the older files of the log.'
      this.#findings.note({ code: 'MYSQL_FAILOVER_LOST_TRANSACTIONS', message, hint }, ctx)
    }
    const generation = last.generation + 1
    return {
      ...{ file, startPosition: 0, generation, continues: false },
      follows: { generation: last.generation, position, gtids },
    }
  }

  async #stream(control: MysqlConnection, { file, startPosition }: StartDecision, ctx: Context): Promise<void> {
    const heartbeatMs = Math.max(100, Math.min(1000, this.#flushEveryMs / 2))
    const { serverId } = this.#options
    const start = { file, position: Math.max(4, startPosition), serverId, family: control.version.family, heartbeatMs }
    for await (const event of streamBinlog(this.#host, start, ctx)) {
      await this.#intake.take(event)
      this.#hasStreamed = true
      this.#findings.passed('MYSQL_FOLLOWING_INTERRUPTED')
      const nowMs = this.#lasting.now().getTime()
      if (nowMs - this.#flushedAtMs < this.#flushEveryMs) continue
      this.#flushedAtMs = nowMs
      await this.#intake.flush(control, ctx)
      if (this.#intake.isStreamDead) return
      if (nowMs - this.#toldAtMs >= newsEveryMs) this.#tell()
    }
  }

  /** Throws what waiting does not mend; of the rest tells, unless it is over by the next attempt. */
  #judge(error: unknown, ctx: Context): void {
    if (this.#sinkFailure !== undefined) throw this.#sinkFailure.error
    if (!isAppError(error) || permanentCodes.has(error.code)) throw error
    // what was never granted is a mistake in the set-up; what was, may be under repair
    if (!error.retryable && !this.#hasStreamed) throw error
    if (error.code === 'MYSQL_BINLOG_UNREADABLE' && this.#delay.attempts > 5) throw error
    if (this.#delay.attempts < 2) return
    this.#findings.note({ code: 'MYSQL_FOLLOWING_INTERRUPTED', message: error.message, hint: error.hint }, ctx)
  }

  #noteProblem({ problem, file }: StartDecision, ctx: Context): void {
    if (problem === undefined) return
    const host = describeMysqlTarget(this.#host)
    const hint = 'Make a new backup with `holdfast backup`: what comes after this place can be recovered from it only.'
    const end = this.#intake.end
    const ended = end === undefined ? '' : ` after ${formatPosition({ file: end.file, position: end.endPosition })}`
    switch (problem) {
      case 'purged':
        return this.#findings.note(
          {
            code: 'MYSQL_BINLOG_GAP',
            message: `${host} purged its binary log${ended} before it was stored; it goes on with ${file}`,
            hint,
          },
          ctx,
        )
      case 'began-anew':
        return this.#findings.note(
          {
            code: 'MYSQL_BINLOG_BEGAN_ANEW',
            message: `the binary log of ${host} began anew${ended}: RESET MASTER, or another server`,
            hint,
          },
          ctx,
        )
      case 'server-behind':
        return this.#findings.note(
          {
            code: 'MYSQL_SERVER_BEHIND',
            message: `${host} lost what the stored log ends with${ended}: a crash without sync_binlog = 1`,
            hint,
          },
          ctx,
        )
    }
  }

  #watched(sink: BinlogSink): BinlogSink {
    const watch = async <Result>(work: Promise<Result>): Promise<Result> => {
      try {
        return await work
      } catch (error) {
        this.#sinkFailure = { error }
        throw error
      }
    }
    return {
      resumeAt: (ctx) => watch(sink.resumeAt(ctx)),
      slice: (slice, ctx) => watch(sink.slice(slice, ctx)),
      tip: (slice, ctx) => watch(sink.tip(slice, ctx)),
      flush: (ctx) => watch(sink.flush(ctx)),
    }
  }

  #tell(): void {
    const { position, durable, recoverableUntil, slices, bytes, end } = this.#intake
    if (position === undefined) return
    this.#toldAtMs = this.#lasting.now().getTime()
    this.#lasting.emit({
      type: 'log.followed',
      timeline: end?.generation ?? 1,
      received: formatPosition(position),
      ...(durable === undefined ? {} : { durable: formatPosition(durable) }),
      segments: slices,
      bytesReceived: bytes,
      ...(recoverableUntil === undefined ? {} : { recoverableUntil }),
    })
  }
}

/** Waits; returns early when the signal is aborted. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done()
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      done()
    }
    const timer = setTimeout(end, delayMs)
    signal.addEventListener('abort', end, { once: true })
  })
}
