import type { Context } from '@holdfast/core/context'
import type { LogSegment } from './log-sink.ts'

type Job = () => Promise<void>

/**
 * Gives a sink one thing at a time, in order, beside whatever else happens. Whole segments wait here, at most `limit` of
 * them; of the growing one only its state at the moment when the sink is free is given. The first failure is the last call.
 */
export class SinkPump {
  readonly #limit: number
  readonly #jobs: { run: Job; isSegment: boolean }[] = []
  #tip: (() => LogSegment | undefined) | undefined
  #giveTip: (tip: LogSegment) => Promise<void>
  #running: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined
  #waiters: (() => void)[] = []

  constructor(limit: number, giveTip: (tip: LogSegment) => Promise<void>) {
    this.#limit = limit
    this.#giveTip = giveTip
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /** Whether everything given was handed on. */
  get isIdle(): boolean {
    return this.#running === undefined
  }

  /** Puts a job in the row. For whole segments, await `room` before taking more. */
  push(run: Job, { isSegment = false }: { isSegment?: boolean } = {}): void {
    this.#jobs.push({ run, isSegment })
    this.#start()
  }

  /** Gives the growing segment, as `tip` returns it then, after what is in the row. */
  pushTip(tip: () => LogSegment | undefined): void {
    this.#tip = tip
    this.#start()
  }

  /** Returns when fewer than the limit of segments wait. Fails with the sink's failure, and when the signal is aborted. */
  async room(ctx: Context): Promise<void> {
    while (this.#jobs.filter((job) => job.isSegment).length >= this.#limit) await this.#change(ctx)
    this.#throwFailure()
  }

  /** Returns when nothing is in the row any more. */
  async idle(ctx: Context): Promise<void> {
    while (this.#running !== undefined) await this.#change(ctx)
    this.#throwFailure()
  }

  #start(): void {
    if (this.#failure === undefined) this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    try {
      // What is pushed in the same turn belongs to the same row.
      await Promise.resolve()
      for (;;) {
        const job = this.#jobs[0]
        if (job !== undefined) {
          await job.run()
          this.#jobs.shift()
        } else {
          const tip = this.#tip?.()
          this.#tip = undefined
          if (tip === undefined) break
          await this.#giveTip(tip)
        }
        this.#wake()
      }
    } catch (error) {
      this.#failure = { error }
      this.#jobs.length = 0
    }
    this.#running = undefined
    this.#wake()
    if (this.#failure === undefined && (this.#jobs.length > 0 || this.#tip !== undefined)) this.#start()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  #change(ctx: Context): Promise<void> {
    this.#throwFailure()
    ctx.signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(ctx.signal.reason)
      ctx.signal.addEventListener('abort', stop, { once: true })
      this.#waiters.push(() => {
        ctx.signal.removeEventListener('abort', stop)
        resolve()
      })
    })
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
