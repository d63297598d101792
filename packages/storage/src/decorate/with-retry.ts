import { access } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Backend, FileContent, FileId } from '../backend.ts'
import { flatPath, folderText } from '../layout.ts'
import { type Sleep, sleep } from './sleep.ts'

export interface RetryOptions {
  readonly firstDelayMs?: number
  readonly longestDelayMs?: number
  /** an operation that has not succeeded after this long fails */
  readonly giveUpAfterMs?: number
  /** the same until the store has answered for the first time: a mistyped host should not take a quarter of an hour */
  readonly giveUpFirstAfterMs?: number
  /** how long a file that could not be read for all that time is refused at once */
  readonly circuitBreakMs?: number
  readonly sleep?: Sleep
  /** 0 to 1, for the jitter */
  readonly random?: () => number
}

/** A short or altered answer may come from a bad connection once or twice; after that the file itself is damaged. */
const damagedAttempts = 3

/**
 * Repeats what failed with a retryable error, after 1 s, 2 s, 4 s … up to a minute, each varied by half so that many
 * clients do not return together, for 15 minutes in all (restic's figures), or one while the store has never answered. Other errors pass at once. A file that
 * could not be read for so long is not tried again for an hour. Emits request.retried before each wait.
 */
export function withRetry(backend: Backend, options: RetryOptions = {}): Backend {
  const { circuitBreakMs = 3_600_000 } = options
  const retry = createRetry(options)
  const broken = new Map<string, { error: AppError; untilMs: number }>()

  async function readOnce(file: FileId, ctx: Context, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const name = flatPath(file)
    const known = broken.get(name)
    if (known !== undefined && ctx.now().getTime() < known.untilMs) throw known.error
    broken.delete(name)
    try {
      return await retry('read', name, ctx, work)
    } catch (error) {
      if (isAppError(error, 'STORAGE_UNREACHABLE')) {
        broken.set(name, { error, untilMs: ctx.now().getTime() + circuitBreakMs })
      }
      throw error
    }
  }

  const { requestRetrieval } = backend
  return {
    ...backend,
    ...(requestRetrieval === undefined
      ? {}
      : {
          requestRetrieval: (file, request, ctx) =>
            retry('bring back', flatPath(file), ctx, () => requestRetrieval(file, request, ctx)),
        }),
    create: (ctx) => retry('create', 'the repository', ctx, () => backend.create(ctx)),
    async *list(type, ctx) {
      // A listing that broke off is begun again, without repeating what was handed out already.
      const given = new Set<string>()
      let files = backend.list(type, ctx)[Symbol.asyncIterator]()
      try {
        for (;;) {
          const next = await retry('list', folderText(type), ctx, async () => {
            try {
              return await files.next()
            } catch (error) {
              files = backend.list(type, ctx)[Symbol.asyncIterator]()
              throw error
            }
          })
          if (next.done === true) return
          if (given.has(next.value.name)) continue
          given.add(next.value.name)
          yield next.value
        }
      } finally {
        await files.return?.()
      }
    },
    stat: (file, ctx) => retry('look up', flatPath(file), ctx, () => backend.stat(file, ctx)),
    read: (file, range, ctx) => readOnce(file, ctx, () => backend.read(file, range, ctx)),
    async write(file, content, hint, ctx) {
      broken.delete(flatPath(file))
      await retry('write', flatPath(file), ctx, async (previous) => {
        if (previous !== undefined && (await wasTaken(backend, file, content, ctx, previous))) return
        await backend.write(file, content, hint, ctx)
      })
    },
    remove: (file, ctx) => retry('remove', flatPath(file), ctx, () => backend.remove(file, ctx)),
    flush: (ctx) => retry('make durable', 'what was written', ctx, () => backend.flush(ctx)),
  }
}

/**
 * Before a second attempt: a spooled file that is gone was moved into place by the first one, whose reply was lost, or
 * else cannot be written any more.
 */
async function wasTaken(
  backend: Backend,
  file: FileId,
  content: FileContent,
  ctx: Context,
  previous: AppError,
): Promise<boolean> {
  if (content instanceof Uint8Array) return false
  const isThere = await access(content.path).then(
    () => true,
    () => false,
  )
  if (isThere) return false
  const stored = await backend.stat(file, ctx).catch((error: unknown) => {
    if (isAppError(error, 'STORAGE_FILE_MISSING')) return undefined
    throw error
  })
  if (stored?.sizeBytes === content.sizeBytes) return true
  throw new PermanentFailure(previous)
}

/** Wraps a retryable error that must not be retried. */
class PermanentFailure extends Error {
  readonly reason: AppError
  constructor(reason: AppError) {
    super(reason.message)
    this.reason = reason
  }
}

type Retry = <T>(
  action: string,
  file: string,
  ctx: Context,
  work: (previous: AppError | undefined) => Promise<T>,
) => Promise<T>

function createRetry(options: RetryOptions): Retry {
  const { firstDelayMs = 1000, longestDelayMs = 60_000, giveUpAfterMs = 15 * 60_000 } = options
  const { giveUpFirstAfterMs = Math.min(60_000, giveUpAfterMs), sleep: pause = sleep, random = Math.random } = options
  let answered = false
  return async (action, file, ctx, work) => {
    const startedMs = ctx.now().getTime()
    let waitedMs = 0
    let previous: AppError | undefined
    for (let attempt = 1; ; attempt++) {
      try {
        const result = await work(previous)
        answered = true
        return result
      } catch (error) {
        if (error instanceof PermanentFailure) throw error.reason
        if (!mayPass(error, attempt, ctx)) {
          answered = true
          throw error
        }
        previous = error
      }
      const delayMs = Math.round(Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs) * (0.5 + random()))
      const limitMs = answered ? giveUpAfterMs : giveUpFirstAfterMs
      // The clock also counts the time the attempts took; a clock that was set back must not make this endless.
      if (Math.max(waitedMs, ctx.now().getTime() - startedMs) + delayMs > limitMs) throw previous
      ctx.emit({ type: 'request.retried', action, file, attempt, delayMs, error: previous.message })
      await pause(delayMs, ctx.signal)
      waitedMs += delayMs
    }
  }
}

function mayPass(error: unknown, attempt: number, ctx: Context): error is AppError {
  if (!isAppError(error) || !error.retryable || error.code === 'INTERRUPTED' || ctx.signal.aborted) return false
  return error.code !== 'STORAGE_DAMAGED' || attempt < damagedAttempts
}
