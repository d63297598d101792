import { type Context, withSignal } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { ErrorCode } from '@holdfast/core/errors/catalogue'
import { connectPostgres } from '../connection/connect.ts'
import { sqlStateOf } from '../connection/server-error.ts'
import type { PostgresTarget } from '../connection/target.ts'
import { FindingBoard } from './finding-board.ts'
import { LogIntake } from './log-intake.ts'
import { runLogSession, type SessionMemory } from './log-session.ts'
import type { LogSink } from './log-sink.ts'
import { formatLsn, type LogPosition } from './lsn.ts'
import { ReconnectDelay, type ReconnectDelays } from './reconnect-delay.ts'
import { assertSlotName } from './replication-slot.ts'
import { watchSlot } from './slot-watch.ts'
import type { WalTime } from './wal-time.ts'

export interface FollowOptions {
  /** name of the replication slot; made when it is not there */
  readonly slot: string
  readonly sink: LogSink
  /** How much may be lost: what was committed is durable after so long at the latest. Default 10 s. */
  readonly flushEveryMs?: number
  /** Where a log begins that the sink has nothing of, such as a base backup's start; default: what the slot keeps. */
  readonly startAt?: LogPosition
  /** of the cluster whose log it is, when known: another one is refused */
  readonly systemIdentifier?: string
  /** how often the slot is looked at through an ordinary session; default a minute, 0: never */
  readonly watchEveryMs?: number
  /** A sink that takes nothing for so long costs the session, because the server must not wait for it. Default 20 s. */
  readonly stallLimitMs?: number
  /** how long what has come may take to become durable after the signal to stop; default a minute */
  readonly graceMs?: number
  /** default: a quarter of a second, doubled up to half a minute */
  readonly delays?: ReconnectDelays
}

export interface FollowReport {
  readonly durable: LogPosition | undefined
  /** everything committed up to this instant of the server's clock is durable */
  readonly recoverableUntil: WalTime | undefined
  readonly segments: number
  readonly bytesReceived: number
}

/**
 * Follows a cluster's WAL into a sink until the context's signal is aborted, then makes durable what has come and returns.
 * Whatever passes by itself (a restart, a failover, a cut connection) is survived; it fails when it would not: WAL of another
 * cluster, a missing privilege, a slot that is not ours, an access that was never granted, or a failing sink.
 * Emits log.followed, and finding.noted for what a person should do: POSTGRES_WAL_GAP, POSTGRES_SLOT_VANISHED,
 * POSTGRES_SLOT_ENDANGERED, POSTGRES_DISK_ENDANGERED, POSTGRES_TIMELINE_FORKED, POSTGRES_FOLLOWING_INTERRUPTED …
 */
export async function followWal(target: PostgresTarget, options: FollowOptions, ctx: Context): Promise<FollowReport> {
  assertSlotName(options.slot)
  using grace = lastingContext(ctx, options.graceMs ?? 60_000)
  const following = new Following(target, options, grace.ctx)
  return await following.run(ctx)
}

/** A context whose signal comes so much later than the other's. */
function lastingContext(ctx: Context, graceMs: number): Disposable & { ctx: Context } {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    timer = setTimeout(() => controller.abort(ctx.signal.reason), graceMs)
  }
  if (ctx.signal.aborted) begin()
  else ctx.signal.addEventListener('abort', begin, { once: true })
  return {
    ctx: withSignal(ctx, controller.signal),
    [Symbol.dispose]() {
      ctx.signal.removeEventListener('abort', begin)
      clearTimeout(timer)
    },
  }
}

/** What no waiting mends. */
const permanentCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'POSTGRES_OTHER_CLUSTER',
  'POSTGRES_SLOT_UNUSABLE',
  'POSTGRES_VERSION_UNSUPPORTED',
  'POSTGRES_PRIVILEGE_MISSING',
  'POSTGRES_TARGET_INVALID',
])

/** A session that lasted so long was a good one: the next attempt after it is made soon. */
const goodSessionMs = 10_000

class Following {
  readonly #target: PostgresTarget
  readonly #options: FollowOptions
  readonly #lastingCtx: Context
  readonly #findings = new FindingBoard()
  readonly #intake: LogIntake
  readonly #delay: ReconnectDelay
  readonly #memory: SessionMemory
  readonly #flushEveryMs: number
  #hasStreamed = false
  #lastNewsAtMs = 0
  #lastNews = ''
  #recoverableUntil: WalTime | undefined

  constructor(target: PostgresTarget, options: FollowOptions, lastingCtx: Context) {
    this.#target = target
    this.#options = options
    this.#lastingCtx = lastingCtx
    this.#flushEveryMs = options.flushEveryMs ?? 10_000
    this.#delay = new ReconnectDelay(
      options.delays ?? { firstDelayMs: 250, longestDelayMs: 30_000, random: Math.random },
    )
    this.#memory = { systemIdentifier: options.systemIdentifier, expectsSlot: false, removedAt: undefined }
    const onDamage = (lsn: bigint, reason: string): void => {
      const message = `WAL at ${formatLsn(lsn)} is not as it should be: ${reason}`
      const hint = 'Prove a recovery of this range soon; if it fails, make a new base backup.'
      this.#findings.note({ code: 'POSTGRES_WAL_DAMAGED', message, hint }, lastingCtx)
    }
    this.#intake = new LogIntake({ sink: options.sink, flushEveryMs: this.#flushEveryMs, onDamage }, lastingCtx)
  }

  async run(ctx: Context): Promise<FollowReport> {
    await this.#resume(ctx)
    const watching = this.#watch(ctx)
    try {
      while (!ctx.signal.aborted) {
        const startedAtMs = ctx.now().getTime()
        const error = await this.#session(ctx)
        if (ctx.signal.aborted) break
        if (ctx.now().getTime() - startedAtMs >= goodSessionMs) this.#delay.reset()
        if (error !== undefined) this.#judge(error, ctx)
        await pause(this.#delay.nextMs(), ctx.signal)
      }
      await this.#intake.settle(this.#lastingCtx)
    } finally {
      await watching.end()
    }
    return this.#report()
  }

  async #resume(ctx: Context): Promise<void> {
    const known = await this.#options.sink.resumeAt(ctx)
    const { systemIdentifier, startAt } = this.#options
    this.#memory.expectsSlot = known !== undefined
    this.#memory.systemIdentifier = systemIdentifier ?? known?.systemIdentifier
    if (known !== undefined) this.#intake.resume(known.position, known.previous)
    else if (startAt !== undefined) this.#intake.startAt(startAt)
  }

  /** Returns what ended the session; undefined when the server ended it in order. */
  async #session(ctx: Context): Promise<unknown> {
    try {
      const connecting = { replication: 'physical', applicationName: 'holdfast follow' } as const
      await using connection = await connectPostgres(this.#target, connecting, ctx)
      const session = {
        slot: this.#options.slot,
        intake: this.#intake,
        findings: this.#findings,
        statusEveryMs: Math.min(10_000, this.#flushEveryMs),
        askEveryMs: Math.min(2_500, Math.max(400, this.#flushEveryMs / 4)),
        stallLimitMs: this.#options.stallLimitMs ?? 20_000,
        lastingCtx: this.#lastingCtx,
        onTick: () => this.#onTick(),
      }
      await runLogSession(connection, session, this.#memory, ctx)
      return undefined
    } catch (error) {
      return error
    }
  }

  /** Throws what waiting does not mend; of the rest tells, unless it is over by the next attempt. */
  #judge(error: unknown, ctx: Context): void {
    const sinkFailure = this.#intake.failure
    if (sinkFailure !== undefined) throw sinkFailure.error
    if (!isAppError(error) || permanentCodes.has(error.code)) throw error
    // What was never granted is a mistake in the set-up; what was, may be under repair.
    const isRefusal = !error.retryable && sqlStateOf(error) === undefined && error.code !== 'POSTGRES_PROTOCOL_VIOLATED'
    if (isRefusal && !this.#hasStreamed) throw error
    if (this.#delay.attempts < 2) return
    const { message, hint } = error
    this.#findings.note({ code: 'POSTGRES_FOLLOWING_INTERRUPTED', message, hint }, ctx)
  }

  #onTick(): void {
    this.#hasStreamed = true
    this.#findings.passed('POSTGRES_FOLLOWING_INTERRUPTED')
    const nowMs = this.#lastingCtx.now().getTime()
    if (nowMs - this.#lastNewsAtMs < 1000) return
    this.#lastNewsAtMs = nowMs
    const until = this.#intake.recoverableUntil()
    if (until !== undefined) this.#recoverableUntil = until
    this.#intake.confirm(this.#flushEveryMs)
    this.#tell()
  }

  #tell(): void {
    const { received, durable, counts } = this.#intake
    if (received === undefined) return
    const news = {
      timeline: received.timeline,
      received: formatLsn(received.lsn),
      ...(durable === undefined ? {} : { durable: formatLsn(durable.lsn) }),
      segments: counts.segments,
      bytesReceived: counts.bytes,
      ...(this.#recoverableUntil === undefined ? {} : { recoverableUntil: this.#recoverableUntil }),
    }
    const text = JSON.stringify(news)
    if (text === this.#lastNews) return
    this.#lastNews = text
    this.#lastingCtx.emit({ type: 'log.followed', ...news })
  }

  #report(): FollowReport {
    const until = this.#intake.recoverableUntil()
    if (until !== undefined) this.#recoverableUntil = until
    this.#tell()
    const { segments, bytes } = this.#intake.counts
    return { durable: this.#intake.durable, recoverableUntil: this.#recoverableUntil, segments, bytesReceived: bytes }
  }

  #watch(ctx: Context): { end(): Promise<void> } {
    const { watchEveryMs = 60_000, slot } = this.#options
    if (watchEveryMs === 0) return { end: () => Promise.resolve() }
    const stop = new AbortController()
    const watchCtx = withSignal(ctx, AbortSignal.any([ctx.signal, stop.signal]))
    const work = async (): Promise<void> => {
      while (!watchCtx.signal.aborted) {
        await pause(watchEveryMs, watchCtx.signal)
        if (!watchCtx.signal.aborted) await watchSlot(this.#target, slot, this.#findings, watchCtx)
      }
    }
    const working = work()
    // Reported at the end; unhandled it would end the process before.
    working.catch(() => {})
    return {
      async end() {
        stop.abort()
        await working
      },
    }
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
