import { setTimeout as delay } from 'node:timers/promises'
import { FindingBoard } from '@holdfast/connectors/postgresql/wal/finding-board'
import { type Context, withSignal } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { LogPlace } from '@holdfast/repository/log/log-place'
import type { LogWriterOptions } from '@holdfast/repository/log/log-writer'
import type { Repository } from '@holdfast/repository/repository'
import { copyMissingLog } from './copy-missing-log.ts'

/** One repository that a log is written to. Calls that failed may be repeated. */
export interface Lane {
  readonly repository: Repository
  /** Makes durable what was accepted. */
  flush(ctx: Context): Promise<void>
  /** Looks again what is in the repository, after others wrote to it. */
  rejoin(ctx: Context): Promise<void>
  /** Gives up the writer: what is not durable will be given again, or is copied. */
  close(): Promise<void>
}

export interface LaneCrewOptions extends LogWriterOptions {
  /** name of the source */
  readonly source: string
  /** So long all wait for one repository that fails; then the others go on without it. Default 10 minutes. */
  readonly leaveBehindAfterMs?: number
  /** how soon a repository that was left behind is tried again; default a minute */
  readonly rejoinEveryMs?: number
  /** first and longest pause between attempts */
  readonly retryDelaysMs?: readonly [first: number, longest: number]
}

/** Repositories that take the same log: keeps them together, goes on without one that fails, and brings it back. */
export class LaneCrew<Own extends Lane> implements AsyncDisposable {
  readonly #options: LaneCrewOptions
  readonly #place: LogPlace
  #following: readonly Own[]
  #left: readonly Own[] = []
  readonly #board = new FindingBoard()
  #rejoin: { readonly lane: Own; readonly done: Promise<void> } | undefined
  #rejoinAtMs = 0
  #copied: Own | undefined
  readonly #stopRejoin = new AbortController()

  constructor(lanes: readonly Own[], place: LogPlace, options: LaneCrewOptions) {
    this.#following = lanes
    this.#place = place
    this.#options = options
  }

  get following(): readonly Own[] {
    return this.#following
  }

  behind(): readonly Repository[] {
    return this.#left.map(({ repository }) => repository)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopRejoin.abort(new AppError('INTERRUPTED', {}))
    await this.#rejoin?.done
    for (const lane of [...this.#following, ...this.#left]) await lane.close()
  }

  /** Does a step in every repository that is followed, again and again where it fails. */
  async each(step: (lane: Own, ctx: Context) => Promise<void>, ctx: Context): Promise<void> {
    await Promise.all(this.#following.map((lane) => this.#persist(lane, step, ctx)))
  }

  async #persist(lane: Own, step: (lane: Own, ctx: Context) => Promise<void>, ctx: Context): Promise<void> {
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
          return await this.leave(lane, error.message, ctx)
        this.#note('LOG_STORE_FAILING', lane, error.message, ctx)
      }
      await delay(delayMs, undefined, { signal: ctx.signal }).catch(() => {
        throw new AppError('INTERRUPTED', {})
      })
    }
  }

  async leave(lane: Own, reason: string, ctx: Context): Promise<void> {
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
  async rejoinIfReady(ctx: Context): Promise<void> {
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
      await copyMissingLog(healthy.repository, lane.repository, this.#place, this.#options, ctx)
      await lane.rejoin(ctx)
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

  #startCopy(healthy: Own, lane: Own, ctx: Context): void {
    this.#rejoinAtMs = ctx.now().getTime() + (this.#options.rejoinEveryMs ?? 60_000)
    const signal = AbortSignal.any([ctx.signal, this.#stopRejoin.signal])
    const own = withSignal(ctx, signal)
    const done = copyMissingLog(healthy.repository, lane.repository, this.#place, this.#options, own).then(
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

  #note(code: 'LOG_STORE_FAILING' | 'LOG_STORE_BEHIND', lane: Own, reason: string, ctx: Context): void {
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

function findingKey(code: string, lane: Lane): string {
  return `${code} ${lane.repository.backend.location}`
}

/** Whatever is wrong with a store may be mended while the following goes on; a wrong argument or a defect is not. */
function mayPass(error: unknown): error is AppError {
  return isAppError(error) && error.code !== 'INTERRUPTED' && error.code !== 'ARGUMENT_INVALID'
}
