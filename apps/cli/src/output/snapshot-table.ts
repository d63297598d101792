import type { SnapshotSummary } from '@holdfast/repository/format/snapshot-summary'
import { type Snapshot, snapshotTime } from '@holdfast/repository/format/snapshot'
import { type ListedSnapshot, shortId } from '@holdfast/repository/snapshot/listed-snapshot'
import { formatSize } from '@holdfast/core/units/size'
import { countOf } from '@holdfast/core/units/count-of'
import { formatLocalTime } from './local-time.ts'
import { printable } from './printable.ts'
import { type Column, renderTable } from './table.ts'

export interface TableChoice {
  /** one line a snapshot: paths are counted instead of listed */
  readonly compact?: boolean
  /** why each is kept */
  readonly reasons?: (listed: ListedSnapshot) => readonly string[]
  /** what all have in common and is said above the table */
  readonly omitHost?: boolean
  readonly omitPaths?: boolean
}

/** Snapshots as a table, in the order given. */
export function renderSnapshotTable(snapshots: readonly ListedSnapshot[], choice: TableChoice = {}): string {
  const hasSizes = snapshots.some(({ snapshot }) => snapshot.summary !== undefined)
  const fields: { column: Column; cell: (listed: ListedSnapshot) => string }[] = [
    { column: { title: 'ID' }, cell: ({ id }) => shortId(id) },
    { column: { title: 'Time' }, cell: ({ snapshot }) => formatLocalTime(instantOf(snapshot)) },
    ...(choice.omitHost === true
      ? []
      : [{ column: { title: 'Host' }, cell: ({ snapshot }: ListedSnapshot) => printable(snapshot.hostname) }]),
    {
      column: { title: 'Tags' },
      cell: ({ snapshot }) => snapshot.tags.map(printable).join(choice.compact ? ',' : '\n'),
    },
    ...(choice.reasons === undefined
      ? []
      : [
          { column: { title: 'Reasons' }, cell: (listed: ListedSnapshot) => choice.reasons?.(listed).join('\n') ?? '' },
        ]),
    ...(choice.omitPaths === true
      ? []
      : [{ column: { title: 'Paths' }, cell: ({ snapshot }: ListedSnapshot) => pathsCell(snapshot, choice) }]),
    ...(hasSizes
      ? [{ column: { title: 'Size', align: 'right' as const }, cell: ({ snapshot }: ListedSnapshot) => size(snapshot) }]
      : []),
  ]
  const rows = snapshots.map((listed) => fields.map(({ cell }) => cell(listed)))
  const footer = [`${countOf(snapshots.length, 'snapshot')}, times in local time`]
  return renderTable(
    fields.map(({ column }) => column),
    rows,
    footer,
  )
}

/** A snapshot as restic's --json shows it. */
export function snapshotJson({ id, snapshot }: ListedSnapshot): Readonly<Record<string, unknown>> {
  const { raw, summary } = snapshot
  return {
    ...raw,
    time: snapshot.time,
    parent: snapshot.parent,
    tree: snapshot.tree,
    paths: snapshot.paths,
    hostname: snapshot.hostname,
    username: snapshot.username,
    tags: snapshot.tags.length === 0 ? undefined : snapshot.tags,
    original: snapshot.original,
    program_version: snapshot.programVersion === '' ? undefined : snapshot.programVersion,
    ...(summary === undefined ? {} : { summary: summaryJson(summary) }),
    id,
    short_id: shortId(id),
  }
}

function summaryJson(summary: SnapshotSummary): Readonly<Record<string, unknown>> {
  return {
    backup_start: summary.backupStart,
    backup_end: summary.backupEnd,
    files_new: summary.filesNew,
    files_changed: summary.filesChanged,
    files_unmodified: summary.filesUnmodified,
    dirs_new: summary.dirsNew,
    dirs_changed: summary.dirsChanged,
    dirs_unmodified: summary.dirsUnmodified,
    data_blobs: summary.dataBlobs,
    tree_blobs: summary.treeBlobs,
    data_added: summary.dataAdded,
    data_added_packed: summary.dataAddedPacked,
    total_files_processed: summary.totalFilesProcessed,
    total_bytes_processed: summary.totalBytesProcessed,
  }
}

/** "snapshot 1a2b3c4d of [/srv] at 2026-01-31 22:08:41 by root@web1" */
export function describeSnapshot({ id, snapshot }: ListedSnapshot): string {
  const origin = printable(`${snapshot.username}@${snapshot.hostname}`)
  return `snapshot ${shortId(id)} of [${snapshot.paths.map(printable).join(', ')}] at ${formatLocalTime(instantOf(snapshot))} by ${origin}`
}

function instantOf(snapshot: Snapshot): Date {
  return new Date(Number(snapshotTime(snapshot).ns / 1_000_000n))
}

function pathsCell({ paths }: Snapshot, { compact }: TableChoice): string {
  if (compact !== true) return paths.map(printable).join('\n')
  return paths.length > 1 ? `${printable(paths[0] ?? '')} and ${paths.length - 1} more` : printable(paths[0] ?? '')
}

function size({ summary }: Snapshot): string {
  return summary === undefined ? '' : formatSize(summary.totalBytesProcessed)
}
