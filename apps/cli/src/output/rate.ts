/** Bytes per second over the last seconds, so that a pause or a change of pace shows soon but a single burst does not. */
export interface Rate {
  add(totalBytes: number, nowMs: number): void
  bytesPerSecond(): number | undefined
}

const windowMs = 15_000

export function createRate(): Rate {
  let samples: { atMs: number; bytes: number }[] = []
  return {
    add(totalBytes, nowMs) {
      const last = samples.at(-1)
      if (last !== undefined && totalBytes < last.bytes) samples = []
      samples.push({ atMs: nowMs, bytes: totalBytes })
      while (samples.length > 2 && nowMs - (samples[1]?.atMs ?? nowMs) > windowMs) samples.shift()
    },
    bytesPerSecond() {
      const first = samples[0]
      const last = samples.at(-1)
      if (first === undefined || last === undefined || last.atMs - first.atMs < 200) return undefined
      return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs)
    },
  }
}
