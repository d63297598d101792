import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '../backend.ts'
import { interrupted } from '../interruption.ts'

/**
 * At most `connections` requests at once; others wait in order, and stop waiting when interrupted. A listing counts
 * only while it fetches, so that its consumer may make requests of its own.
 */
export function withConnectionLimit(backend: Backend, connections: number): Backend {
  if (!Number.isSafeInteger(connections) || connections < 1) {
    const reason = 'at least one is needed'
    throw new AppError('ARGUMENT_INVALID', { name: 'connections', value: connections, reason })
  }
  const slots = new Slots(connections)
  return {
    ...backend,
    traits: { ...backend.traits, connections },
    create: (ctx) => slots.run(ctx.signal, () => backend.create(ctx)),
    async *list(type, ctx) {
      const files = backend.list(type, ctx)[Symbol.asyncIterator]()
      try {
        for (;;) {
          const next = await slots.run(ctx.signal, () => files.next())
          if (next.done === true) return
          yield next.value
        }
      } finally {
        await files.return?.()
      }
    },
    stat: (file, ctx) => slots.run(ctx.signal, () => backend.stat(file, ctx)),
    read: (file, range, ctx) => slots.run(ctx.signal, () => backend.read(file, range, ctx)),
    write: (file, content, hint, ctx) => slots.run(ctx.signal, () => backend.write(file, content, hint, ctx)),
    remove: (file, ctx) => slots.run(ctx.signal, () => backend.remove(file, ctx)),
  }
}

class Slots {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(count: number) {
    this.#free = count
  }

  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(signal)
    try {
      return await work()
    } finally {
      this.#give()
    }
  }

  #take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(interrupted())
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve()
    }
    return new Promise((done, fail) => {
      const stop = () => {
        this.#waiting.delete(go)
        fail(interrupted())
      }
      const go = () => {
        signal.removeEventListener('abort', stop)
        done()
      }
      this.#waiting.add(go)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  #give(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
