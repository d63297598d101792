/** What each worker counts, in memory the main thread reads at any time; every worker has a row of its own. */
export const counterNames = [
  'filesRestored',
  'bytesRestored',
  'filesSkipped',
  'bytesSkipped',
  'directoriesRestored',
  'othersRestored',
  'filesDeleted',
  'filesVerified',
  'bytesVerified',
  'ownersRefused',
  'attributesRefused',
] as const

export type CounterName = (typeof counterNames)[number]
export type RestoreCounts = Readonly<Record<CounterName, number>>

const rowBytes = 128

export function createCounters(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(rowBytes * workers)
}

export interface CounterRow {
  add(name: CounterName, count: number): void
}

/** A row is written by one thread only, so no atomic operations are needed. */
export function openCounterRow(shared: SharedArrayBuffer, worker: number): CounterRow {
  const row = new Float64Array(shared, rowBytes * worker, counterNames.length)
  return {
    add(name, count) {
      const at = counterNames.indexOf(name)
      row[at] = (row[at] ?? 0) + count
    },
  }
}

export function sumCounters(shared: SharedArrayBuffer): RestoreCounts {
  const values = new Float64Array(shared)
  const sum = (at: number): number => {
    let total = 0
    for (let row = 0; row < values.length; row += rowBytes / 8) total += values[row + at] ?? 0
    return total
  }
  // boundary: every name is present by construction
  return Object.fromEntries(counterNames.map((name, at) => [name, sum(at)])) as RestoreCounts
}
