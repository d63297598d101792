import { AppError } from '@holdfast/core/errors/app-error'
import { compareByTime, type ListedSnapshot } from './listed-snapshot.ts'

/** What makes snapshots belong together. */
export interface GroupBy {
  readonly host: boolean
  readonly paths: boolean
  readonly tags: boolean
}

/** What the snapshots of a group have in common; what they are not grouped by is empty. */
export interface SnapshotGroupKey {
  readonly hostname: string
  /** sorted */
  readonly paths: readonly string[]
  /** sorted */
  readonly tags: readonly string[]
}

export interface SnapshotGroup {
  readonly key: SnapshotGroupKey
  /** newest first */
  readonly snapshots: readonly ListedSnapshot[]
}

/** restic's default, for parents as for retention. */
export const groupByHostAndPaths: GroupBy = { host: true, paths: true, tags: false }

/**
 * Reads `host,paths,tags` (any of them; empty for one group of all). `name` is the option. Fails with ARGUMENT_INVALID.
 */
export function parseGroupBy(text: string, name: string): GroupBy {
  const chosen = { host: false, paths: false, tags: false }
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === 'host') chosen.host = true
    else if (part === 'path' || part === 'paths') chosen.paths = true
    else if (part === 'tag' || part === 'tags') chosen.tags = true
    else if (part !== '') {
      throw new AppError('ARGUMENT_INVALID', {
        name,
        value: JSON.stringify(text),
        reason: `${JSON.stringify(part)} is none of host, paths, tags`,
      })
    }
  }
  return chosen
}

/** Groups in order of their key. Paths and tags are compared as sets written in order, as restic does. */
export function groupSnapshots(snapshots: readonly ListedSnapshot[], by: GroupBy): SnapshotGroup[] {
  const groups = new Map<string, { key: SnapshotGroupKey; snapshots: ListedSnapshot[] }>()
  for (const listed of snapshots) {
    const { hostname, paths, tags } = listed.snapshot
    const key: SnapshotGroupKey = {
      hostname: by.host ? hostname : '',
      paths: by.paths ? paths.toSorted() : [],
      tags: by.tags ? tags.toSorted() : [],
    }
    const text = JSON.stringify([key.hostname, key.paths, key.tags])
    const group = groups.get(text)
    if (group === undefined) groups.set(text, { key, snapshots: [listed] })
    else group.snapshots.push(listed)
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({ key: group.key, snapshots: group.snapshots.toSorted((a, b) => compareByTime(b, a)) }))
}

/** For people: "host web1, paths [/srv]", or "all snapshots". */
export function describeGroup({ hostname, paths, tags }: SnapshotGroupKey): string {
  const parts: string[] = []
  if (hostname !== '') parts.push(`host ${hostname}`)
  if (paths.length > 0) parts.push(`paths [${paths.join(', ')}]`)
  if (tags.length > 0) parts.push(`tags [${tags.join(', ')}]`)
  return parts.length === 0 ? 'all snapshots' : parts.join(', ')
}
