import { isAppError } from '@holdfast/core/errors/app-error'

const firstDelayMs = 30_000
const longestDelayMs = 15 * 60_000

/**
 * How long to wait before a run is tried again: 30 s, 1 min, 2 min … up to a quarter of an hour, varied by half, so that
 * what failed together does not return together. undefined: trying again would fail again. `random`: 0 to 1.
 */
export function retryDelayMs(error: unknown, attempt: number, random: number): number | undefined {
  if (!isAppError(error) || !error.retryable || error.code === 'INTERRUPTED') return undefined
  return Math.round(Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs) * (0.5 + random))
}
