import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'

/** Fails with INTERRUPTED once the operation's signal is aborted. */
export function throwIfInterrupted(ctx: Context): void {
  if (ctx.signal.aborted) throw interrupted()
}

export function interrupted(cause?: unknown): AppError<'INTERRUPTED'> {
  return new AppError('INTERRUPTED', {}, { cause })
}
