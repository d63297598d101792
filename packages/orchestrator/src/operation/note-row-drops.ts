import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createTreeSource } from '@holdfast/repository/tree/tree-source'
import type { MarkStore } from '../catalogue/catalogue.ts'
import { findRowDrops, rowDropsKey, type TableRows } from '../finding/row-drops.ts'
import { readSnapshotFile } from '../backup/snapshot-file.ts'

export interface CountedBackup {
  readonly source: string
  readonly type: 'postgresql' | 'mysql'
  readonly tables: TableRows
  /** one that has the new snapshot */
  readonly repository: Repository
  readonly snapshotId: string
}

/**
 * Compares the rows of each table with those in the manifest of the backup before, which the repository holds, and leaves
 * what is missing in a mark for findings. A manifest that cannot be read tells nothing; it never keeps a backup from
 * counting.
 */
export async function noteRowDrops(backup: CountedBackup, marks: MarkStore, ctx: Context): Promise<void> {
  const key = rowDropsKey(backup.source)
  const previous = await readPrevious(backup, ctx)
  const drops = previous === undefined ? [] : findRowDrops(previous.tables, backup.tables)
  if (previous === undefined || drops.length === 0) return await marks.remove(key)
  const { takenAt: beforeAt } = previous
  await marks.set(key, JSON.stringify({ at: ctx.now().toISOString(), beforeAt, drops }))
}

async function readPrevious(
  { source, type, repository, snapshotId }: CountedBackup,
  ctx: Context,
): Promise<{ readonly tables: TableRows; readonly takenAt: string } | undefined> {
  try {
    const wanted = [`type=${type}`, `source=${source}`, 'method=logical']
    const own = (await listSnapshots(repository, { onUnreadable: () => {} }, ctx)).filter(({ snapshot: { tags } }) =>
      wanted.every((tag) => tags.includes(tag)),
    )
    const previous = own[own.findIndex(({ id }) => id === snapshotId) - 1]
    if (previous === undefined) return undefined
    const index = await loadIndex(repository, ctx)
    const opened = { repository, index, trees: createTreeSource(repository, index) }
    const bytes = await readSnapshotFile(opened, previous, `${type}/${source}/manifest.json`, ctx)
    const tables = tableRowsOf(JSON.parse(Buffer.from(bytes).toString('utf8')))
    return { tables, takenAt: new Date(previous.snapshot.time).toISOString() }
  } catch (error) {
    ctx.signal.throwIfAborted()
    if (isAppError(error) || error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

/** Of a manifest of either kind: fingerprint.databases[].tables[] with schema (PostgreSQL), name and rows. */
export function tableRowsOf(manifest: unknown): TableRows {
  const rows = new Map<string, number>()
  for (const database of listOf(fieldOf(fieldOf(manifest, 'fingerprint'), 'databases'))) {
    for (const table of listOf(fieldOf(database, 'tables'))) {
      const parts = [fieldOf(database, 'name'), fieldOf(table, 'schema'), fieldOf(table, 'name')]
      const count = Number(fieldOf(table, 'rows'))
      if (Number.isFinite(count)) rows.set(parts.filter((part) => typeof part === 'string').join('.'), count)
    }
  }
  return rows
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === name)?.[1]
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
