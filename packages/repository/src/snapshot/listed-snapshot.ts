import { type Snapshot, snapshotTime } from '../format/snapshot.ts'

/** A snapshot and the name of its file. */
export interface ListedSnapshot {
  /** 64 hex digits */
  readonly id: string
  readonly snapshot: Snapshot
}

/** Oldest first; equal moments by id, so that every run sees the same order. */
export function compareByTime(a: ListedSnapshot, b: ListedSnapshot): number {
  const aNs = snapshotTime(a.snapshot).ns
  const bNs = snapshotTime(b.snapshot).ns
  if (aNs !== bNs) return aNs < bNs ? -1 : 1
  if (a.id === b.id) return 0
  return a.id < b.id ? -1 : 1
}

/** How people are shown an id. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}
