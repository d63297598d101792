import type { Snapshot } from '../format/snapshot.ts'

/** Which snapshots are meant, as restic's --host, --tag and --path select them; an absent or empty list selects all. */
export interface SnapshotFilter {
  /** any of these hosts */
  readonly hosts?: readonly string[]
  /** all tags of any of these lists; an empty tag means "has no tags" */
  readonly tags?: readonly (readonly string[])[]
  /** all of these paths, compared as text */
  readonly paths?: readonly string[]
}

export function matchesFilter(snapshot: Snapshot, { hosts = [], tags = [], paths = [] }: SnapshotFilter): boolean {
  if (hosts.length > 0 && !hosts.includes(snapshot.hostname)) return false
  if (tags.length > 0 && !tags.some((list) => hasTags(snapshot, list))) return false
  return paths.every((path) => snapshot.paths.includes(path))
}

/** Whether the filter leaves anything out. */
export function isFilterEmpty({ hosts = [], tags = [], paths = [] }: SnapshotFilter): boolean {
  return hosts.length === 0 && tags.length === 0 && paths.length === 0
}

/** Whether a snapshot has every tag of a list; an empty tag stands for a snapshot without tags. */
export function hasTags(snapshot: Snapshot, tags: readonly string[]): boolean {
  if (snapshot.tags.length === 0 && tags[0] === '') return true
  return tags.every((tag) => snapshot.tags.includes(tag))
}
