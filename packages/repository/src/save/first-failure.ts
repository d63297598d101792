import { setTimeout } from 'node:timers/promises'
import { AppError } from '@holdfast/core/errors/app-error'

/** What a source is given to clean up after a failure elsewhere, before it is left to itself. */
const returnMs = 10_000

/**
 * What ends work that is done in several places at once: the first failure of any of them, or an interruption. Waiting
 * goes through it, so that nobody waits for what will not come any more.
 */
export class FirstFailure implements Disposable {
  readonly #signal: AbortSignal
  readonly #waiting = new Set<(error: unknown) => void>()
  readonly #interrupted = (): void => this.fail(new AppError('INTERRUPTED', {}))
  #failure: { readonly error: unknown } | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#interrupted, { once: true })
    if (signal.aborted) this.#interrupted()
  }

  fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = { error }
    for (const reject of this.#waiting) reject(error)
    this.#waiting.clear()
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** The promise's result, or the failure when that comes first. */
  orFail<T>(promise: Promise<T>): Promise<T> {
    if (this.#failure !== undefined) {
      promise.catch(() => {})
      return Promise.reject(this.#failure.error)
    }
    // not Promise.race with one lasting promise: that would remember every promise it was ever raced with
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject)
      const settled = (): boolean => this.#waiting.delete(reject)
      promise.then(
        (value) => {
          settled()
          resolve(value)
        },
        (error: unknown) => {
          settled()
          reject(error)
        },
      )
    })
  }

  /** Hands on what a source yields. However it ends, the source's `return` has been called and has had time to act. */
  async *guard<T>(source: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const iterator = source[Symbol.asyncIterator]()
    let ended = false
    try {
      for (;;) {
        const next = await this.orFail(iterator.next())
        if (next.done === true) {
          ended = true
          return
        }
        yield next.value
      }
    } finally {
      if (!ended) await closeIterator(iterator)
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#interrupted)
  }
}

/** What goes wrong in cleaning up is not what the user must hear of: the failure that led to it is. */
async function closeIterator(iterator: AsyncIterator<unknown>): Promise<void> {
  const giveUp = new AbortController()
  const timeout = setTimeout(returnMs, undefined, { ref: false, signal: giveUp.signal }).catch(() => {})
  const returned = Promise.resolve(iterator.return?.()).catch(() => {})
  await Promise.race([returned, timeout])
  giveUp.abort()
}
