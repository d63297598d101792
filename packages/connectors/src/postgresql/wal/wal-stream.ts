import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { CopyBoth, PostgresConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'
import type { LogIntake } from './log-intake.ts'
import { formatLsn, type LogPosition, type Lsn, parseLsn } from './lsn.ts'
import { parseReplicationMessage, type ReplicationMessage, standbyStatus } from './replication-message.ts'
import { postgresMicroseconds } from './wal-time.ts'

/** How often it is looked whether something is due. */
const tickMs = 200
/** A server from which nothing comes for so long, although it is asked, is gone (wal_receiver_timeout's default). */
const silenceLimitMs = 60_000

export interface StreamOptions {
  readonly slot: string
  /** the start of a segment */
  readonly at: LogPosition
  readonly intake: LogIntake
  /** a status is sent this often at the least; the server ends sessions it does not hear of (wal_sender_timeout) */
  readonly statusEveryMs: number
  /** a quiet server is asked for its clock this often */
  readonly askEveryMs: number
  /** when nothing could be taken for so long, the session is given up */
  readonly stallLimitMs: number
  /** outlives the signal to stop, so that what has come can be made durable and reported */
  readonly lastingCtx: Context
  /** something may be due */
  onTick(): void
}

export type StreamEnd =
  | { readonly type: 'stopped' }
  /** the timeline has ended: where the next one begins */
  | { readonly type: 'switched'; readonly to: LogPosition }
  /** the server is shutting down */
  | { readonly type: 'closed' }

/**
 * Streams WAL from a position until its timeline ends, the server goes away (fails with the session's error), or the
 * context's signal is aborted: then what has come is made durable and the server is told so.
 */
export async function streamWal(
  connection: PostgresConnection,
  options: StreamOptions,
  ctx: Context,
): Promise<StreamEnd> {
  const { slot, at, lastingCtx } = options
  const lost = new AbortController()
  const signal = AbortSignal.any([lastingCtx.signal, lost.signal])
  const position = `${formatLsn(at.lsn)} TIMELINE ${at.timeline}`
  const command = `START_REPLICATION SLOT ${quoteIdentifier(slot)} PHYSICAL ${position}`
  const copy = await connection.copyBoth(command, { ...lastingCtx, signal })
  const stream = new WalStream(copy, connection.host, options, lost)
  try {
    return await stream.run(ctx)
  } catch (error) {
    if (lost.signal.aborted) throw lost.signal.reason
    throw error
  }
}

class WalStream {
  readonly #copy: CopyBoth
  readonly #host: string
  readonly #options: StreamOptions
  readonly #lost: AbortController
  readonly #ctx: Context
  #isStopping = false
  #isTaking = false
  #takingSinceMs = 0
  #lastMessageAtMs: number
  #lastStatusAtMs = 0
  #lastAnswerAtMs = 0
  #reportedLsn: Lsn = 0n
  /** when the server was asked for its clock, well after its last message; undefined when it has answered */
  #askedAtMs: number | undefined

  constructor(copy: CopyBoth, host: string, options: StreamOptions, lost: AbortController) {
    this.#copy = copy
    this.#host = host
    this.#options = options
    this.#lost = lost
    this.#ctx = options.lastingCtx
    this.#lastMessageAtMs = this.#nowMs()
  }

  async run(ctx: Context): Promise<StreamEnd> {
    let stopped: Promise<void> | undefined
    const stop = (): void => {
      stopped ??= this.#stop()
      // Awaited below, after the loop that it ends.
      stopped.catch((error: unknown) => this.#lost.abort(error))
    }
    ctx.signal.addEventListener('abort', stop, { once: true })
    const timer = setInterval(() => this.#tick(), tickMs)
    try {
      if (ctx.signal.aborted) stop()
      for await (const message of this.#copy.data) if (!this.#isStopping) await this.#receive(message)
    } finally {
      clearInterval(timer)
      ctx.signal.removeEventListener('abort', stop)
    }
    if (stopped !== undefined) {
      await stopped
      return { type: 'stopped' }
    }
    const results = await this.#copy.finish()
    const [timeline, lsn] = results.find((result) => result.rows.length > 0)?.rows[0] ?? []
    const start = parseLsn(lsn ?? '')
    if (start === undefined) return { type: 'closed' }
    return { type: 'switched', to: { timeline: Number(timeline), lsn: start } }
  }

  async #receive(bytes: Uint8Array): Promise<void> {
    const message = parseReplicationMessage(bytes)
    const previousAtMs = this.#lastMessageAtMs
    this.#lastMessageAtMs = this.#nowMs()
    if (message?.type === 'wal') await this.#receiveWal(message)
    if (message?.type === 'keepalive') this.#receiveKeepalive(message, previousAtMs)
  }

  async #receiveWal(message: Extract<ReplicationMessage, { type: 'wal' }>): Promise<void> {
    const { intake, at } = this.#options
    const expected = intake.streamed ?? at.lsn
    if (message.startLsn !== expected) {
      const reason = `WAL from ${formatLsn(expected)} was due, and from ${formatLsn(message.startLsn)} came`
      throw new AppError('POSTGRES_PROTOCOL_VIOLATED', { host: this.#host, reason })
    }
    intake.clock.walReceived(message.serverEndLsn, message.sentAt)
    this.#askedAtMs = undefined
    this.#isTaking = true
    this.#takingSinceMs = this.#nowMs()
    try {
      await intake.take(message.bytes, this.#ctx)
    } finally {
      this.#isTaking = false
      // The server was not silent while it was not listened to.
      this.#lastMessageAtMs = this.#nowMs()
    }
  }

  #receiveKeepalive(message: Extract<ReplicationMessage, { type: 'keepalive' }>, previousAtMs: number): void {
    const { intake, askEveryMs } = this.#options
    const isAnswer = this.#askedAtMs !== undefined && this.#askedAtMs - previousAtMs >= askEveryMs / 2
    intake.clock.keepaliveReceived(message.sentLsn, message.sentAt, isAnswer)
    this.#askedAtMs = undefined
    if (!message.replyRequested) return
    // It asks when it heard nothing for long, or is shutting down and waits for everything to be flushed.
    intake.giveTip(this.#ctx.now(), { atOnce: true })
    // One that is shutting down asks again at once as long as something is missing.
    if (this.#nowMs() - this.#lastAnswerAtMs < tickMs) this.#lastStatusAtMs = 0
    else this.#send({ requestReply: false })
    this.#lastAnswerAtMs = this.#nowMs()
  }

  #tick(): void {
    const { intake, statusEveryMs, askEveryMs, onTick } = this.#options
    const nowMs = this.#nowMs()
    if (intake.failure !== undefined) return this.#lost.abort(intake.failure.error)
    if (!this.#isStopping) intake.giveTip(this.#ctx.now())
    onTick()
    const quietMs = nowMs - this.#lastMessageAtMs
    if (!this.#isTaking && quietMs > silenceLimitMs) {
      const reason = `nothing came for ${silenceLimitMs / 1000} s`
      return this.#lost.abort(new AppError('POSTGRES_CONNECTION_LOST', { host: this.#host, reason }))
    }
    // A process of the server that cannot write to us cannot end either. Once our slot is to be given up, the server's
    // checkpoints wait for that, and so does a shutdown. A new session is begun when there is room again.
    if (this.#isTaking && nowMs - this.#takingSinceMs >= this.#options.stallLimitMs) {
      const reason = 'it was given up, because what came could not be stored for long'
      return this.#lost.abort(new AppError('POSTGRES_CONNECTION_LOST', { host: this.#host, reason }))
    }
    const isAsking = !this.#isTaking && quietMs >= askEveryMs && this.#askedAtMs === undefined
    if (isAsking) this.#askedAtMs = nowMs
    const isDue = nowMs - this.#lastStatusAtMs >= statusEveryMs || this.#flushedLsn() !== this.#reportedLsn
    if (isAsking || isDue) this.#send({ requestReply: isAsking })
  }

  async #stop(): Promise<void> {
    this.#isStopping = true
    await this.#options.intake.settle(this.#ctx)
    await this.#status(false)
    await this.#copy.finish()
  }

  #send({ requestReply }: { requestReply: boolean }): void {
    this.#status(requestReply).catch((error: unknown) => this.#lost.abort(error))
  }

  async #status(requestReply: boolean): Promise<void> {
    this.#lastStatusAtMs = this.#nowMs()
    this.#reportedLsn = this.#flushedLsn()
    const { streamed } = this.#options.intake
    await this.#copy.send(
      standbyStatus({
        receivedLsn: streamed ?? this.#options.at.lsn,
        flushedLsn: this.#reportedLsn,
        sentAt: postgresMicroseconds(this.#ctx.now()),
        requestReply,
      }),
    )
  }

  /** Only what is durable of this timeline: what is said here moves the slot, even backwards. 0 says nothing. */
  #flushedLsn(): Lsn {
    const { intake, at } = this.#options
    const { durable } = intake
    if (durable === undefined || durable.timeline !== at.timeline || durable.lsn < at.lsn) return 0n
    return durable.lsn
  }

  #nowMs(): number {
    return this.#ctx.now().getTime()
  }
}
