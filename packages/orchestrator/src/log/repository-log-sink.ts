import { setTimeout as delay } from 'node:timers/promises'
import type { LogGap, LogResume, LogSegment, LogSink } from '@holdfast/connectors/postgresql/wal/log-sink'
import { FindingBoard } from '@holdfast/connectors/postgresql/wal/finding-board'
import { floorToSegment, type LogPosition } from '@holdfast/connectors/postgresql/wal/lsn'
import { dateOfWalTime, type WalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { LogWriterOptions } from '@holdfast/repository/log/log-writer'
import type { Repository } from '@holdfast/repository/repository'
import { copyMissingLog } from './copy-missing-log.ts'
import { type LogEnd, LogLane } from './log-lane.ts'
import { isBehind } from './wal-log.ts'

export interface LogSinkOptions extends LogWriterOptions {
  /** name of the source */
  readonly source: string
  /** So long all wait for one repository that fails; then the others go on without it. Default 10 minutes. */
  readonly leaveBehindAfterMs?: number
  /** how soon a repository that was left behind is tried again; default a minute */
  readonly rejoinEveryMs?: number
  /** first and longest pause between attempts */
  readonly retryDelaysMs?: readonly [first: number, longest: number]
  /** how often it is written down that the database is quiet; default a minute */
  readonly confirmEveryMs?: number
}

/** The log of one source in one or more repositories. */
export interface RepositoryLogSink extends LogSink, AsyncDisposable {
  /** Puts what is in tips into snapshots, unless the growing segment. */
  batch(ctx: Context): Promise<void>
  /** those that the log is not written to at present */
  behind(): readonly Repository[]
}

/**
 * Writes WAL into repositories. Durable is what is so in all of them, so that any one may burn. A repository that fails
 * holds the others up for some minutes, during which the server keeps what is not durable; then they go on without it
 * (finding LOG_STORE_BEHIND), and when it can be written again, what it lacks is copied from one of them. When none can
 * be written, nothing is acknowledged and everything is tried again for ever (finding LOG_STORE_FAILING).
 */
export function createRepositoryLogSink(
  repositories: readonly Repository[],
  options: LogSinkOptions,
): RepositoryLogSink {
  return new ManyLanes(repositories, options)
}

type Step = (lane: LogLane, ctx: Context) => Promise<void>

class ManyLanes implements RepositoryLogSink {
  readonly #options: LogSinkOptions
  #following: readonly LogLane[]
  #left: readonly LogLane[] = []
  readonly #board = new FindingBoard()
  #rejoin: { readonly lane: LogLane; readonly done: Promise<void> } | undefined
  #rejoinAtMs = 0
  #copied: LogLane | undefined
  #confirmedMs = Number.NEGATIVE_INFINITY
  #acknowledged: LogPosition | undefined
  readonly #stopRejoin = new AbortController()

  constructor(repositories: readonly Repository[], options: LogSinkOptions) {
    this.#options = options
    this.#following = repositories.map((repository) => new LogLane(repository, options.source, options))
  }

  async resumeAt(ctx: Context): Promise<LogResume | undefined> {
    const ends = new Map<LogLane, LogEnd | undefined>()
    await this.#each(async (lane, own) => void ends.set(lane, await lane.findEnd(own)), ctx)
    const found = this.#following.map((lane) => ends.get(lane)).filter((end) => end !== undefined)
    const newest = found.reduce<LogEnd | undefined>(
      (best, end) => (best === undefined || isBehind(best.position, end.position) ? end : best),
      undefined,
    )
    if (newest === undefined) return undefined
    // the server may have thrown away what the others lack: it is brought from the one that has it
    const { timeline, lsn } = newest.position
    const start = { timeline, lsn: floorToSegment(lsn, newest.facts.segmentBytes) }
    for (const lane of this.#following) {
      const end = ends.get(lane)
      if (end === undefined || isBehind(end.position, start)) await this.#leave(lane, 'it lacks part of the log', ctx)
    }
    const { systemIdentifier } = newest.facts
    const { previous } = newest
    return { position: newest.position, systemIdentifier, ...(previous === undefined ? {} : { previous }) }
  }

  durable(): LogPosition | undefined {
    let least: LogPosition | undefined
    for (const lane of this.#following) {
      const position = lane.durable()
      if (position === undefined) return undefined
      if (least === undefined || isBehind(position, least)) least = position
    }
    // one that has just caught up has no growing segment yet, which is in the others; it never was to be kept by the server
    if (this.#acknowledged === undefined || (least !== undefined && isBehind(this.#acknowledged, least))) {
      this.#acknowledged = least
    }
    return this.#acknowledged
  }

  behind(): readonly Repository[] {
    return this.#left.map(({ repository }) => repository)
  }

  async segment(file: LogSegment, ctx: Context): Promise<void> {
    await this.#rejoinIfReady(ctx)
    const { name, bytes, facts } = file
    // what several are given belongs to none of them
    const given = this.#following.length === 1 ? file : { name, bytes, facts }
    await this.#each((lane, own) => lane.segment(given, own), ctx)
  }

  async tip(file: LogSegment, ctx: Context): Promise<void> {
    await this.#rejoinIfReady(ctx)
    await this.#each((lane, own) => lane.tip(file, own), ctx)
  }

  async history(name: string, bytes: Uint8Array, ctx: Context): Promise<void> {
    await this.#each((lane, own) => lane.history(name, bytes, own), ctx)
  }

  async gap(gap: LogGap, ctx: Context): Promise<void> {
    await this.#each((lane, own) => lane.gap(gap, own), ctx)
  }

  async confirm(position: LogPosition, until: WalTime, ctx: Context): Promise<void> {
    const atMs = dateOfWalTime(until).getTime()
    if (atMs - this.#confirmedMs < (this.#options.confirmEveryMs ?? 60_000)) return
    this.#confirmedMs = atMs
    await this.#each((lane, own) => lane.confirm({ position, until }, own), ctx)
  }

  async flush(ctx: Context): Promise<void> {
    await this.#each((lane, own) => lane.flush(own), ctx)
  }

  async batch(ctx: Context): Promise<void> {
    await this.#each((lane, own) => lane.batch(own), ctx)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopRejoin.abort(new AppError('INTERRUPTED', {}))
    await this.#rejoin?.done
    for (const lane of [...this.#following, ...this.#left]) await lane.close()
  }

  /** Does a step in every repository that is followed, again and again where it fails. */
  async #each(step: Step, ctx: Context): Promise<void> {
    await Promise.all(this.#following.map((lane) => this.#persist(lane, step, ctx)))
  }

  async #persist(lane: LogLane, step: Step, ctx: Context): Promise<void> {
    const { leaveBehindAfterMs = 10 * 60_000, retryDelaysMs: [first, longest] = [1000, 30_000] } = this.#options
    const startedMs = ctx.now().getTime()
    for (let delayMs = first; ; delayMs = Math.min(2 * delayMs, longest)) {
      try {
        await step(lane, ctx)
        this.#board.passed(findingKey('LOG_STORE_FAILING', lane))
        return
      } catch (error) {
        if (!mayPass(error) || ctx.signal.aborted) throw error
        const others = this.#following.length > 1
        if (others && ctx.now().getTime() - startedMs >= leaveBehindAfterMs)
          return await this.#leave(lane, error.message, ctx)
        this.#note('LOG_STORE_FAILING', lane, error.message, ctx)
      }
      await delay(delayMs, undefined, { signal: ctx.signal }).catch(() => {
        throw new AppError('INTERRUPTED', {})
      })
    }
  }

  async #leave(lane: LogLane, reason: string, ctx: Context): Promise<void> {
    if (!this.#following.includes(lane)) return
    this.#following = this.#following.filter((each) => each !== lane)
    this.#left = [...this.#left, lane]
    this.#note('LOG_STORE_BEHIND', lane, reason, ctx)
    await lane.close()
  }

  /**
   * Brings back a repository that was left behind: most of what it lacks is copied beside what goes on, the rest when
   * nothing else is done, so that nothing is missing when it follows again.
   */
  async #rejoinIfReady(ctx: Context): Promise<void> {
    const [lane] = this.#left
    const [healthy] = this.#following
    if (lane === undefined || healthy === undefined) return
    if (this.#rejoin === undefined && this.#copied !== lane) {
      if (ctx.now().getTime() < this.#rejoinAtMs) return
      this.#startCopy(healthy, lane, ctx)
      return
    }
    if (this.#copied !== lane) return
    this.#copied = undefined
    try {
      await healthy.flush(ctx)
      await copyMissingLog(healthy.repository, lane.repository, this.#options.source, this.#options, ctx)
      await lane.findEnd(ctx)
    } catch (error) {
      if (!mayPass(error) || ctx.signal.aborted) throw error
      this.#note('LOG_STORE_BEHIND', lane, error.message, ctx)
      return
    }
    this.#left = this.#left.filter((each) => each !== lane)
    this.#following = [...this.#following, lane]
    this.#board.passed(findingKey('LOG_STORE_BEHIND', lane))
    const message = `${lane.repository.backend.location} has caught up with the log of ${this.#options.source}`
    ctx.emit({ type: 'message.noted', level: 'info', message })
  }

  #startCopy(healthy: LogLane, lane: LogLane, ctx: Context): void {
    this.#rejoinAtMs = ctx.now().getTime() + (this.#options.rejoinEveryMs ?? 60_000)
    const signal = AbortSignal.any([ctx.signal, this.#stopRejoin.signal])
    const own: Context = { signal, emit: (event) => ctx.emit(event), now: () => ctx.now() }
    const { source } = this.#options
    const done = copyMissingLog(healthy.repository, lane.repository, source, this.#options, own).then(
      () => {
        this.#copied = lane
      },
      (error: unknown) => {
        if (isAppError(error) && error.code !== 'INTERRUPTED') this.#note('LOG_STORE_BEHIND', lane, error.message, ctx)
      },
    )
    this.#rejoin = { lane, done }
    void done.finally(() => {
      this.#rejoin = undefined
    })
  }

  #note(code: 'LOG_STORE_FAILING' | 'LOG_STORE_BEHIND', lane: LogLane, reason: string, ctx: Context): void {
    const { location } = lane.repository.backend
    const { message, hint } = new AppError(code, { source: this.#options.source, location, reason })
    // told once for each repository, whatever else goes wrong in it meanwhile
    const told: Context = {
      ...ctx,
      now: () => ctx.now(),
      emit: () => ctx.emit({ type: 'finding.noted', code, message, hint }),
    }
    this.#board.note({ code: findingKey(code, lane), message, hint }, told, location)
  }
}

function findingKey(code: string, lane: LogLane): string {
  return `${code} ${lane.repository.backend.location}`
}

/** Whatever is wrong with a store may be mended while the following goes on; a wrong argument or a defect is not. */
function mayPass(error: unknown): error is AppError {
  return isAppError(error) && error.code !== 'INTERRUPTED' && error.code !== 'ARGUMENT_INVALID'
}
