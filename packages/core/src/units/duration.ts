import { AppError } from '../errors/app-error.ts'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads a span of time such as `15s`, `10m`, `1h30m`, `1.5h` or `0` and returns milliseconds. Units: ms, s, m, h, d.
 * `name` is the option or setting, for the error. Fails with ARGUMENT_INVALID.
 */
export function parseDurationMs(text: string, name: string): number {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(trimmed)) {
    throw invalid(name, text, 'write numbers with the units ms, s, m, h, d, such as 1h30m')
  }
  let totalMs = 0
  for (const [, digits, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(digits) * (unitMs[unit ?? ''] ?? 0)
  }
  if (totalMs > Number.MAX_SAFE_INTEGER) throw invalid(name, text, 'it is too long')
  return Math.round(totalMs)
}

/** For people: the two largest units, such as "2d 3h", "6m 05s", "12.3s", "40ms". */
export function formatDurationMs(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)}ms`
  if (durationMs < 59_950) return `${(durationMs / 1000).toFixed(1)}s`
  const seconds = Math.round(durationMs / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${String(seconds % 60).padStart(2, '0')}s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours}h ${String(minutes % 60).padStart(2, '0')}m`
  return `${Math.floor(hours / 24)}d ${hours % 24}h`
}

function invalid(name: string, text: string, reason: string): AppError {
  return new AppError('ARGUMENT_INVALID', { name, value: JSON.stringify(text), reason })
}
