import { AppError } from '@holdfast/core/errors/app-error'

/** Stops a command in an orderly way, once; whoever insists is told so. */
export interface Interruption {
  readonly signal: AbortSignal
  /** Returns "again" when the user asks a second time and should not have to wait. */
  interrupt(nowMs: number): 'first' | 'again'
  /** Stops without anyone having asked. */
  stop(): void
}

// One Ctrl-C can arrive twice: from the terminal, and passed on by the process that started this one.
const sameKeyPressMs = 300

export function createInterruption(): Interruption {
  const controller = new AbortController()
  let firstAtMs: number | undefined
  const stop = () => controller.abort(new AppError('INTERRUPTED', {}))
  return {
    signal: controller.signal,
    stop,
    interrupt(nowMs) {
      const again = firstAtMs !== undefined && nowMs - firstAtMs > sameKeyPressMs
      firstAtMs ??= nowMs
      stop()
      return again ? 'again' : 'first'
    },
  }
}
