import type { Transferable } from 'node:worker_threads'
import type { FirstFailure } from './first-failure.ts'
import type { SaveJob, SaveOutcome, SaveResult } from './save-jobs.ts'
import type { SaveSession } from './save-session.ts'

const jobsPerWorker = 2
/** Content on its way to the workers. */
const bytesInFlightAtMost = 32 << 20

type JobOf<Type extends SaveJob['type']> = Extract<SaveJob, { readonly type: Type }>
type OutcomeOf<Type extends SaveJob['type']> = Extract<SaveOutcome, { readonly type: Type }>

/** Content that travels with a job: counted while it is on its way, and handed over rather than copied. */
export interface Load {
  readonly sizeBytes: number
  readonly transfer: readonly Transferable[]
  /** `idle`: only a worker that does nothing else takes it; `any`: it is not held back; default: one with little to do */
  readonly taker?: 'idle' | 'any'
}

const noLoad: Load = { sizeBytes: 0, transfer: [] }

/**
 * Hands jobs to the workers of a backup as they come: to the one with the least to do, and not before there is room for
 * them, so that whoever produces content is slowed down to the speed of the workers and the storage.
 */
export class JobQueue {
  readonly #session: SaveSession
  readonly #failure: FirstFailure
  readonly #onResult: (result: SaveResult) => void
  #waiting: (() => void)[] = []
  /** jobs that are not answered, and tasks that are not done */
  #open = 0
  #bytesInFlight = 0

  constructor(session: SaveSession, failure: FirstFailure, onResult: (result: SaveResult) => void) {
    this.#session = session
    this.#failure = failure
    this.#onResult = onResult
  }

  get workers(): number {
    return this.#session.pool.size
  }

  /** Resolves as soon as a worker has the job; its outcome goes to `apply`. */
  async send<Type extends SaveJob['type']>(
    job: JobOf<Type>,
    apply: (outcome: OutcomeOf<Type>) => void,
    load: Load = noLoad,
  ): Promise<void> {
    for (;;) {
      this.#failure.throwIfFailed()
      if (!this.#session.mayProceed()) await this.#failure.orFail(this.#session.roomForPacks())
      else if (this.#hasRoom(load)) break
      else await this.change()
    }
    this.#dispatch(job, apply, load)
  }

  /** The same, for an outcome that is waited for. */
  ask<Type extends SaveJob['type']>(job: JobOf<Type>, load?: Load): Promise<OutcomeOf<Type>> {
    const { promise, resolve, reject } = Promise.withResolvers<OutcomeOf<Type>>()
    this.send<Type>(job, resolve, load).catch(reject)
    const answer = this.#failure.orFail(promise)
    // it may fail before anyone waits for it
    answer.catch(() => {})
    return answer
  }

  /** Work of several jobs that `settle` waits for. */
  start(task: () => Promise<void>): void {
    this.#open++
    task()
      .catch((error: unknown) => this.#failure.fail(error))
      .finally(() => this.#closed())
  }

  /** Resolves when a job or a task has ended. */
  change(): Promise<void> {
    return this.#failure.orFail(new Promise((resolve) => this.#waiting.push(resolve)))
  }

  /** Waits until everything is done. */
  async settle(): Promise<void> {
    this.#failure.throwIfFailed()
    while (this.#open > 0) await this.change()
    this.#failure.throwIfFailed()
  }

  /** Waits until no worker has a job any more, whatever has failed. */
  async emptied(): Promise<void> {
    while (this.#open > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #hasRoom({ sizeBytes, taker }: Load): boolean {
    const { pool } = this.#session
    if (taker === 'any') return true
    if (pool.load(this.#leastLoaded()) >= (taker === 'idle' ? 1 : jobsPerWorker)) return false
    return this.#bytesInFlight === 0 || this.#bytesInFlight + sizeBytes <= bytesInFlightAtMost
  }

  #leastLoaded(): number {
    const { pool } = this.#session
    let least = 0
    for (let worker = 1; worker < pool.size; worker++) if (pool.load(worker) < pool.load(least)) least = worker
    return least
  }

  #dispatch<Type extends SaveJob['type']>(job: JobOf<Type>, apply: (outcome: OutcomeOf<Type>) => void, load: Load) {
    this.#open++
    this.#bytesInFlight += load.sizeBytes
    this.#session.pool
      .run(this.#leastLoaded(), job, load.transfer)
      .then((result) => {
        this.#onResult(result)
        const { outcome } = result
        if (outcome.type !== job.type) throw new Error(`a job of type ${job.type} was answered with ${outcome.type}`)
        // boundary: the outcome has the type of its job
        apply(outcome as OutcomeOf<Type>)
      })
      .catch((error: unknown) => this.#failure.fail(error))
      .finally(() => {
        this.#bytesInFlight -= load.sizeBytes
        this.#closed()
      })
  }

  #closed(): void {
    this.#open--
    this.wake()
  }

  /** Has those who wait for a worker look again: one has ended what did not come through here. */
  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
