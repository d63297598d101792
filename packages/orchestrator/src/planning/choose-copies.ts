import type { SnapshotRecord } from '../catalogue/catalogue.ts'

/**
 * Which snapshots of a source a repository lacks of another's, oldest first, so that a copy that is broken off is gone
 * on with where it stopped. Only those newer than the newest that is there: what its own retention has removed must not
 * come back.
 */
export function chooseCopies(
  from: readonly SnapshotRecord[],
  there: readonly SnapshotRecord[],
): readonly SnapshotRecord[] {
  const newestMs = Math.max(...there.map(({ time }) => time.getTime()))
  const lineages = new Set(there.map(({ lineage }) => lineage))
  return from
    .filter(({ time, lineage }) => time.getTime() > newestMs && !lineages.has(lineage))
    .toSorted((a, b) => a.time.getTime() - b.time.getTime())
}
