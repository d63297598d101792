import type { Selectable, SelectQueryBuilder } from 'kysely'
import type { ProofRecord, ProofStore } from '../catalogue.ts'
import type { CatalogueReader, CatalogueStore, CatalogueWriter } from '../store/catalogue-store.ts'
import type { CatalogueTables, ProofTable } from '../store/catalogue-tables.ts'

export function createProofStore(store: CatalogueStore): ProofStore {
  return {
    add: (record) => store.write((writer) => addProof(writer, rowOf(record))),
    get: (id) =>
      store.read(async (reader) => {
        const row = await reader.selectFrom('proofs').selectAll().where('id', '=', id).executeTakeFirst()
        return row && recordOf(row)
      }),
    list: ({ source, sources, since, limit, before }) =>
      store.read(async (reader) => {
        let query = reader.selectFrom('proofs').selectAll()
        if (source !== undefined) query = query.where('source', '=', source)
        if (sources !== undefined)
          query = sources.length === 0 ? query.where('id', 'is', null) : query.where('source', 'in', sources)
        if (since !== undefined) query = query.where('ended_at', '>=', since.getTime())
        if (before !== undefined) {
          query = query.where(({ refTuple, selectFrom, eb }) =>
            eb(
              refTuple('ended_at', 'id'),
              '<',
              selectFrom('proofs').select(['ended_at', 'id']).where('id', '=', before).$asTuple('ended_at', 'id'),
            ),
          )
        }
        if (limit !== undefined) query = query.limit(limit)
        return (await query.orderBy('ended_at', 'desc').orderBy('id', 'desc').execute()).map(recordOf)
      }),
    newest: () => store.read(readNewest),
    slowest: (since) => store.read((reader) => readSlowest(reader, since)),
  }
}

async function addProof(writer: CatalogueWriter, row: Selectable<ProofTable>): Promise<void> {
  await writer
    .insertInto('proofs')
    .values(row)
    // a rebuild finds proofs that are known already
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute()
  const kinds = row.verdict === 'passed' ? (['any', 'passed'] as const) : (['any'] as const)
  await writer
    .insertInto('newest_proofs')
    .values(kinds.map((kind) => ({ source: row.source, kind, proof_id: row.id, ended_at: row.ended_at })))
    .onConflict((conflict) =>
      conflict
        .columns(['source', 'kind'])
        .doUpdateSet(({ ref }) => ({ proof_id: ref('excluded.proof_id'), ended_at: ref('excluded.ended_at') }))
        .whereRef('newest_proofs.ended_at', '<=', 'excluded.ended_at'),
    )
    .execute()
}

async function readNewest(reader: CatalogueReader): Promise<readonly ProofRecord[]> {
  return readByIds(reader, reader.selectFrom('newest_proofs').select('proof_id as id'))
}

/** One look into an index for each source, rather than a look at every proof. */
async function readSlowest(reader: CatalogueReader, since: Date): Promise<readonly ProofRecord[]> {
  const slowest = reader
    .selectFrom('newest_proofs as s')
    .where('s.kind', '=', 'any')
    .select(({ selectFrom }) =>
      selectFrom('proofs as p')
        .select('p.id')
        .whereRef('p.source', '=', 's.source')
        .where('p.verdict', '=', 'passed')
        .where('p.ended_at', '>=', since.getTime())
        .orderBy('p.recovery_ms', 'desc')
        .orderBy('p.id', 'desc')
        .limit(1)
        .as('id'),
    )
    .$castTo<{ id: string }>()
  return readByIds(reader, slowest)
}

async function readByIds(
  reader: CatalogueReader,
  ids: SelectQueryBuilder<CatalogueTables, never, { id: string }>,
): Promise<readonly ProofRecord[]> {
  const rows = await reader
    .selectFrom('proofs')
    .selectAll()
    .where('id', 'in', ids)
    .orderBy('source')
    .orderBy('ended_at', 'desc')
    .execute()
  return rows.map(recordOf)
}

function rowOf(record: ProofRecord): Selectable<ProofTable> {
  return {
    id: record.id,
    run_id: record.runId ?? null,
    source: record.source,
    repository: record.repository,
    snapshot_id: record.snapshotId,
    verdict: record.verdict,
    target: record.target,
    ended_at: record.endedAt.getTime(),
    recovery_ms: Math.round(record.recoveryMs),
    bytes: record.bytes,
    checks: record.checks,
  }
}

function recordOf(row: Selectable<ProofTable>): ProofRecord {
  return {
    id: row.id,
    ...(row.run_id !== null && { runId: row.run_id }),
    source: row.source,
    repository: row.repository,
    snapshotId: row.snapshot_id,
    verdict: row.verdict === 'passed' ? 'passed' : 'failed',
    target: row.target,
    endedAt: new Date(row.ended_at),
    recoveryMs: row.recovery_ms,
    bytes: row.bytes,
    checks: row.checks,
  }
}
