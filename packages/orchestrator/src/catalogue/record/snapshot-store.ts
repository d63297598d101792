import type { ExpressionBuilder, Selectable } from 'kysely'
import type { SnapshotFilter, SnapshotOverview, SnapshotRecord, SnapshotStore } from '../catalogue.ts'
import type { CatalogueStore, CatalogueWriter } from '../store/catalogue-store.ts'
import type { CatalogueTables, SnapshotOverviewTable, SnapshotTable } from '../store/catalogue-tables.ts'
import { isOneOf, limitTo, question, whereAll } from '../store/question.ts'
import { rowGroups } from './row-groups.ts'

type SnapshotRow = Selectable<SnapshotTable>

export function createSnapshotStore(store: CatalogueStore): SnapshotStore {
  return {
    replace: (repository, records) => store.write((writer) => replaceSnapshots(writer, repository, records)),
    add: (records) => store.write((writer) => addSnapshots(writer, records.map(rowOf))),
    remove: (repository, ids) => store.write((writer) => removeSnapshots(writer, repository, ids)),
    list: (filter) => listSnapshots(store, filter),
    overview: () => readOverview(store),
  }
}

async function listSnapshots(
  store: CatalogueStore,
  { source, sources, repository, notAfter, limit }: SnapshotFilter,
): Promise<readonly SnapshotRecord[]> {
  const where = whereAll([
    source === undefined ? undefined : question`source = ${source}`,
    sources && isOneOf('source', sources),
    repository === undefined ? undefined : question`repository = ${repository}`,
    notAfter && question`time <= ${notAfter.getTime()}`,
  ])
  const rows = await store.select<SnapshotRow>(
    question`select * from holdfast.snapshots ${where} order by time desc, snapshot_id, repository ${limitTo(limit)}`,
  )
  return rows.map(recordOf)
}

/** Writes only what differs: mostly nothing, or one snapshot more. */
async function replaceSnapshots(
  writer: CatalogueWriter,
  repository: string,
  records: readonly SnapshotRecord[],
): Promise<void> {
  const known = await writer.selectFrom('snapshots').selectAll().where('repository', '=', repository).execute()
  const before = new Map(known.map((row) => [row.snapshot_id, row]))
  const wanted = new Map(records.map((record) => [record.snapshotId, rowOf({ ...record, repository })]))
  const gone = known.filter(({ snapshot_id }) => !wanted.has(snapshot_id))
  const changed = [...wanted.values()].filter((row) => {
    const old = before.get(row.snapshot_id)
    return old === undefined || fingerprint(old) !== fingerprint(row)
  })
  await deleteSnapshots(
    writer,
    repository,
    gone.map(({ snapshot_id }) => snapshot_id),
  )
  await putSnapshots(writer, changed)
  const formerly = changed.flatMap(({ snapshot_id }) => before.get(snapshot_id) ?? [])
  await gatherOverviews(
    writer,
    repository,
    [...gone, ...changed, ...formerly].map(({ source }) => source),
  )
}

async function addSnapshots(writer: CatalogueWriter, rows: readonly SnapshotRow[]): Promise<void> {
  await putSnapshots(writer, rows)
  for (const [repository, group] of Map.groupBy(rows, (row) => row.repository)) {
    await gatherOverviews(
      writer,
      repository,
      group.map(({ source }) => source),
    )
  }
}

async function removeSnapshots(writer: CatalogueWriter, repository: string, ids: readonly string[]): Promise<void> {
  const sources: string[] = []
  for (const group of rowGroups(ids)) {
    const found = writer.selectFrom('snapshots').select('source').distinct().where('repository', '=', repository)
    sources.push(...(await found.where('snapshot_id', 'in', group).execute()).map(({ source }) => source))
  }
  await deleteSnapshots(writer, repository, ids)
  await gatherOverviews(writer, repository, sources)
}

async function putSnapshots(writer: CatalogueWriter, rows: readonly SnapshotRow[]): Promise<void> {
  const single = [...new Map(rows.map((row) => [`${row.repository}\n${row.snapshot_id}`, row])).values()]
  for (const group of rowGroups(single)) {
    await writer
      .insertInto('snapshots')
      .values(group)
      .onConflict((conflict) =>
        conflict.columns(['repository', 'snapshot_id']).doUpdateSet(({ ref }) => ({
          source: ref('excluded.source'),
          time: ref('excluded.time'),
          lineage: ref('excluded.lineage'),
          bytes: ref('excluded.bytes'),
          bytes_added: ref('excluded.bytes_added'),
        })),
      )
      .execute()
  }
}

async function deleteSnapshots(writer: CatalogueWriter, repository: string, ids: readonly string[]): Promise<void> {
  for (const group of rowGroups(ids)) {
    await writer
      .deleteFrom('snapshots')
      .where('repository', '=', repository)
      .where('snapshot_id', 'in', group)
      .execute()
  }
}

async function readOverview(store: CatalogueStore): Promise<readonly SnapshotOverview[]> {
  const rows = await store.select<SnapshotOverviewTable>(question`select * from holdfast.snapshot_overviews`)
  return rows.map((row) => ({
    source: row.source,
    repository: row.repository,
    count: row.count,
    oldest: new Date(row.oldest),
    newest: new Date(row.newest),
    newestId: row.newest_id,
    ...(row.newest_bytes !== null && { newestBytes: row.newest_bytes }),
  }))
}

/** Of the sources of a repository whose snapshots were changed. */
async function gatherOverviews(writer: CatalogueWriter, repository: string, sources: Iterable<string>): Promise<void> {
  for (const group of rowGroups([...new Set(sources)])) {
    await writer
      .deleteFrom('snapshot_overviews')
      .where('repository', '=', repository)
      .where('source', 'in', group)
      .execute()
    await writer
      .insertInto('snapshot_overviews')
      .columns(['source', 'repository', 'count', 'oldest', 'newest', 'newest_id', 'newest_bytes'])
      .expression((from) =>
        from
          .selectFrom('snapshots as s')
          .select(({ fn }) => [
            's.source',
            's.repository',
            fn.countAll<number>().as('count'),
            fn.min('s.time').as('oldest'),
            fn.max('s.time').as('newest'),
          ])
          .select((of) => newestOf(of).select('n.snapshot_id').as('newest_id'))
          .select((of) => newestOf(of).select('n.bytes').as('newest_bytes'))
          .where('s.repository', '=', repository)
          .where('s.source', 'in', group)
          .groupBy(['s.source', 's.repository']),
      )
      .execute()
  }
}

/** The newest snapshot of the source and repository of `s`. */
function newestOf({ selectFrom }: ExpressionBuilder<CatalogueTables & { s: SnapshotTable }, 's'>) {
  return selectFrom('snapshots as n')
    .whereRef('n.source', '=', 's.source')
    .whereRef('n.repository', '=', 's.repository')
    .orderBy('n.time', 'desc')
    .orderBy('n.snapshot_id', 'desc')
    .limit(1)
}

function rowOf(record: SnapshotRecord): SnapshotRow {
  return {
    repository: record.repository,
    snapshot_id: record.snapshotId,
    source: record.source,
    time: record.time.getTime(),
    lineage: record.lineage,
    bytes: record.bytes ?? null,
    bytes_added: record.bytesAdded ?? null,
  }
}

function recordOf(row: SnapshotRow): SnapshotRecord {
  return {
    repository: row.repository,
    snapshotId: row.snapshot_id,
    source: row.source,
    time: new Date(row.time),
    lineage: row.lineage,
    ...(row.bytes !== null && { bytes: row.bytes }),
    ...(row.bytes_added !== null && { bytesAdded: row.bytes_added }),
  }
}

function fingerprint(row: SnapshotRow): string {
  return JSON.stringify([row.source, row.time, row.lineage, row.bytes, row.bytes_added])
}
