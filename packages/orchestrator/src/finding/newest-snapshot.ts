import type { SnapshotOverview } from '../catalogue/catalogue.ts'

/** Per source: when its newest backup in any repository is of. */
export function newestSnapshots(overview: readonly SnapshotOverview[]): ReadonlyMap<string, Date> {
  const newest = new Map<string, Date>()
  for (const { source, newest: at } of overview) {
    const known = newest.get(source)
    if (known === undefined || at > known) newest.set(source, at)
  }
  return newest
}
