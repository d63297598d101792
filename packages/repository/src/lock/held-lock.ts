import { type Context, withSignal } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { encodeLockFile } from '../format/lock-file.ts'
import { formatTimestamp } from '../format/timestamp.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { guardBackend } from './guarded-backend.ts'
import type { LockIdentity } from './lock-identity.ts'
import { type LockTimers, refreshDeadlineMs, refreshIntervalMs } from './lock-timers.ts'
import { removeLock } from './remove-lock.ts'

/** A lock in force. Disposing it removes the lock file. */
export interface RepositoryLock extends AsyncDisposable {
  readonly exclusive: boolean
  /** aborted, with REPOSITORY_LOCK_LOST as its reason, when the lock is lost */
  readonly signal: AbortSignal
  /** the same repository, but each write or removal first makes sure that the lock still holds */
  readonly repository: Repository
}

const tickMs = 1_000
const retryAfterMs = 60_000
const releaseTimeoutMs = 30_000

/** Writes a lock file and returns its name. */
export function writeLock(
  repository: Repository,
  { exclusive, identity }: { readonly exclusive: boolean; readonly identity: LockIdentity },
  ctx: Context,
): Promise<string> {
  const time = formatTimestamp(BigInt(ctx.now().getTime()) * 1_000_000n)
  const { hostname, username, pid, uid = 0, gid = 0 } = identity
  return writeUnpacked(repository, 'lock', encodeLockFile({ time, exclusive, hostname, username, pid, uid, gid }), ctx)
}

/** Keeps a lock file that was just written fresh, until it is disposed or lost. */
export class HeldLock implements RepositoryLock {
  readonly exclusive: boolean
  readonly signal: AbortSignal
  readonly repository: Repository
  readonly #plain: Repository
  readonly #identity: LockIdentity
  readonly #timers: LockTimers
  readonly #ctx: Context
  readonly #lost = new AbortController()
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>
  #id: string
  #refreshedMs: number
  #attemptedMs: number
  #refreshing: Promise<void> | undefined

  constructor(
    repository: Repository,
    written: { readonly id: string; readonly atMs: number },
    options: { readonly exclusive: boolean; readonly identity: LockIdentity; readonly timers: LockTimers },
    ctx: Context,
  ) {
    this.#plain = repository
    this.#id = written.id
    this.#refreshedMs = written.atMs
    this.#attemptedMs = written.atMs
    this.exclusive = options.exclusive
    this.#identity = options.identity
    this.#timers = options.timers
    // an interrupted operation still holds its lock until it has come to rest
    this.#ctx = withSignal(ctx, this.#stop.signal)
    this.signal = this.#lost.signal
    this.repository = { ...repository, backend: guardBackend(repository.backend, () => this.#ensureHeld()) }
    this.#loop = this.#keepFresh()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // a renewal under way may end: cut off, it could leave a lock file whose name nobody knows
    const patience = AbortSignal.timeout(releaseTimeoutMs)
    await Promise.race([this.#refreshing?.catch(() => {}), untilAborted(patience)])
    this.#stop.abort(new AppError('INTERRUPTED', {}))
    await this.#loop
    await removeLock(this.#plain, this.#id, { ...this.#ctx, signal: new AbortController().signal })
  }

  async #keepFresh(): Promise<void> {
    while (!this.#stop.signal.aborted && !this.#lost.signal.aborted) {
      try {
        await this.#timers.sleep(tickMs, this.#stop.signal, { background: true })
        await this.#tick()
      } catch (error) {
        if (this.#stop.signal.aborted) return
        this.#lose(error instanceof Error ? error.message : String(error))
      }
    }
  }

  async #tick(): Promise<void> {
    const nowMs = this.#nowMs()
    if (nowMs - this.#refreshedMs >= refreshDeadlineMs) return this.#recover()
    // a clock that was set back makes the lock look young to us alone
    const wasSetBack = nowMs < this.#attemptedMs
    const isDue = nowMs - this.#refreshedMs >= refreshIntervalMs && nowMs - this.#attemptedMs >= retryAfterMs
    if (!wasSetBack && !isDue) return
    try {
      await this.#refresh()
    } catch (error) {
      if (!isAppError(error) || this.#stop.signal.aborted || this.#lost.signal.aborted) throw error
      const message = `the lock could not be renewed and will be tried again: ${error.message}`
      this.#ctx.emit({ type: 'message.noted', level: 'warning', message })
    }
  }

  /** Before a change of the repository: the lock is not lost, and was renewed lately by the wall clock. */
  async #ensureHeld(): Promise<void> {
    this.#lost.signal.throwIfAborted()
    if (this.#nowMs() - this.#refreshedMs >= refreshDeadlineMs) await this.#recover()
    this.#lost.signal.throwIfAborted()
  }

  /** Not renewed for too long: goes on only if the lock file is still there and can be renewed now. */
  async #recover(): Promise<void> {
    try {
      await this.#refresh()
    } catch (error) {
      this.#stop.signal.throwIfAborted()
      this.#lose(`it was not renewed in time: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #refresh(): Promise<void> {
    this.#refreshing ??= this.#replaceFile().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** Renews by a new file, since files are named after their content; the old one goes after that. */
  async #replaceFile(): Promise<void> {
    const startedMs = this.#nowMs()
    this.#attemptedMs = startedMs
    const oldId = this.#id
    if (!(await this.#exists(oldId))) return this.#lose('its file was removed by another process')
    this.#id = await writeLock(this.#plain, { exclusive: this.exclusive, identity: this.#identity }, this.#ctx)
    this.#refreshedMs = startedMs
    await removeLock(this.#plain, oldId, this.#ctx)
  }

  async #exists(id: string): Promise<boolean> {
    try {
      await this.#plain.backend.stat({ type: 'lock', name: id }, this.#ctx)
      return true
    } catch (error) {
      if (isAppError(error, 'STORAGE_FILE_MISSING')) return false
      throw error
    }
  }

  #lose(reason: string): void {
    const { location } = this.#plain.backend
    if (!this.#lost.signal.aborted) this.#lost.abort(new AppError('REPOSITORY_LOCK_LOST', { location, reason }))
  }

  #nowMs(): number {
    return this.#ctx.now().getTime()
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
