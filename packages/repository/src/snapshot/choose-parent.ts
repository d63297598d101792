import { snapshotTime } from '../format/snapshot.ts'
import { type GroupBy, groupByHostAndPaths } from './group-snapshots.ts'
import { compareByTime, type ListedSnapshot } from './listed-snapshot.ts'
import { matchesFilter } from './snapshot-filter.ts'

/** The backup that looks for something to compare with. */
export interface ParentRequest {
  readonly host: string
  /** absolute */
  readonly paths: readonly string[]
  readonly tags: readonly string[]
  /** what must agree, host and paths unless given */
  readonly groupBy?: GroupBy
  /** the time of the new snapshot; later ones are no parents */
  readonly now: Date
}

/**
 * The newest snapshot that a backup can compare its files with: not later than the backup, of the same host, and
 * covering at least its paths (and tags, when grouped by them). Undefined when every file must be read.
 */
export function chooseParent(
  snapshots: readonly ListedSnapshot[],
  { host, paths, tags, groupBy = groupByHostAndPaths, now }: ParentRequest,
): ListedSnapshot | undefined {
  const filter = {
    hosts: groupBy.host ? [host] : [],
    paths: groupBy.paths ? paths : [],
    tags: groupBy.tags ? [tags] : [],
  }
  // the whole millisecond counts as now: a Date knows no finer
  const latestNs = (BigInt(now.getTime()) + 1n) * 1_000_000n - 1n
  let parent: ListedSnapshot | undefined
  for (const listed of snapshots) {
    if (snapshotTime(listed.snapshot).ns > latestNs || !matchesFilter(listed.snapshot, filter)) continue
    if (parent === undefined || compareByTime(listed, parent) > 0) parent = listed
  }
  return parent
}
