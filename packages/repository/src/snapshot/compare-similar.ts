import { type Snapshot, snapshotTime } from '../format/snapshot.ts'
import type { ListedSnapshot } from './listed-snapshot.ts'

/**
 * Whether two snapshots say the same in everything a copy keeps: moment, tree, origin, paths, excludes and tags.
 * Parent, original, program and summary may differ. (restic's rule for leaving out what `copy` copied before.)
 */
export function compareSimilar(a: Snapshot, b: Snapshot): boolean {
  return (
    snapshotTime(a).ns === snapshotTime(b).ns &&
    a.tree === b.tree &&
    a.hostname === b.hostname &&
    a.username === b.username &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    sameTexts(a.paths, b.paths) &&
    sameTexts(a.excludes, b.excludes) &&
    sameTexts(a.tags, b.tags)
  )
}

/**
 * Finds which snapshot of a repository is the copy of one from elsewhere: similar, and descended from the same first
 * version. A snapshot whose tags were changed on one side since is no copy any more.
 */
export function createCopyFinder(
  present: readonly ListedSnapshot[],
): (source: ListedSnapshot) => ListedSnapshot | undefined {
  const byOrigin = new Map<string, ListedSnapshot[]>()
  for (const listed of present) {
    for (const origin of new Set([listed.id, originOf(listed)])) {
      byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), listed])
    }
  }
  return (source) =>
    byOrigin.get(originOf(source))?.find((candidate) => compareSimilar(candidate.snapshot, source.snapshot))
}

/** The id of the first version of a snapshot, which changes and copies keep. */
export function originOf({ id, snapshot }: ListedSnapshot): string {
  return snapshot.original ?? id
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, position) => text === b[position])
}
