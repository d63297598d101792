/** Counts what each asks for in a minute. */
export interface RequestLimiter {
  /** One more; how many ms this caller has to wait, 0 when it need not. */
  take(key: string): number
}

/** More callers than these in a minute are counted as one, so that nobody fills the memory by having many names. */
const mostKeys = 20_000
const windowMs = 60_000

export function createRequestLimiter(mostPerMinute: number, now: () => number): RequestLimiter {
  let startedAtMs = 0
  const counts = new Map<string, number>()
  return {
    take(key) {
      const atMs = now()
      if (atMs - startedAtMs >= windowMs || atMs < startedAtMs) {
        startedAtMs = atMs
        counts.clear()
      }
      const counted = counts.has(key) || counts.size < mostKeys ? key : ''
      const count = (counts.get(counted) ?? 0) + 1
      counts.set(counted, count)
      return count <= mostPerMinute ? 0 : startedAtMs + windowMs - atMs
    },
  }
}
