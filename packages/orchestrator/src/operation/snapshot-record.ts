import { snapshotTime } from '@holdfast/repository/format/snapshot'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { SnapshotRecord } from '../catalogue/catalogue.ts'

/** What the catalogue remembers of a snapshot. `source`: what it is called there. */
export function snapshotRecordOf(repository: string, source: string, { id, snapshot }: ListedSnapshot): SnapshotRecord {
  const { summary, original } = snapshot
  return {
    repository,
    snapshotId: id,
    source,
    time: new Date(Number(snapshotTime(snapshot).ns / 1_000_000n)),
    lineage: tagValue(snapshot.tags, 'run') ?? original ?? id,
    ...(summary === undefined ? {} : { bytes: summary.totalBytesProcessed, bytesAdded: summary.dataAdded }),
  }
}

/** The source that a backup snapshot is of; undefined for proofs, logs and what Holdfast did not make for a source. */
export function backedUpSource({ snapshot: { tags } }: ListedSnapshot): string | undefined {
  if (!tags.includes('holdfast')) return undefined
  const isOther = tags.some((tag) => ['proof=', 'log=', 'safety='].some((prefix) => tag.startsWith(prefix)))
  return isOther ? undefined : tagValue(tags, 'source')
}

/** "run=…" → "…" */
export function tagValue(tags: readonly string[], name: string): string | undefined {
  const prefix = `${name}=`
  return tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length)
}
