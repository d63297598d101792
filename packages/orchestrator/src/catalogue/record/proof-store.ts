import type { Selectable, SelectQueryBuilder } from 'kysely'
import type { ProofRecord, ProofStore } from '../catalogue.ts'
import type { CatalogueReader, CatalogueStore } from '../store/catalogue-store.ts'
import type { CatalogueTables, ProofTable } from '../store/catalogue-tables.ts'

export function createProofStore(store: CatalogueStore): ProofStore {
  return {
    add: (record) =>
      store.write(async (writer) => {
        const row = rowOf(record)
        await writer
          .insertInto('proofs')
          .values(row)
          // a rebuild finds proofs that are known already
          .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
          .execute()
      }),
    list: ({ source, since, limit }) =>
      store.read(async (reader) => {
        let query = reader.selectFrom('proofs').selectAll()
        if (source !== undefined) query = query.where('source', '=', source)
        if (since !== undefined) query = query.where('ended_at', '>=', since.getTime())
        if (limit !== undefined) query = query.limit(limit)
        return (await query.orderBy('ended_at', 'desc').orderBy('id', 'desc').execute()).map(recordOf)
      }),
    newest: () => store.read(readNewest),
    slowest: (since) => store.read((reader) => readSlowest(reader, since)),
  }
}

/** Look-ups in an index for each source, rather than a look at every proof. */
async function readNewest(reader: CatalogueReader): Promise<readonly ProofRecord[]> {
  const newest = idPerSource(reader, (proofs) => proofs.orderBy('p.ended_at', 'desc'))
  const passed = idPerSource(reader, (proofs) => proofs.where('p.verdict', '=', 'passed').orderBy('p.ended_at', 'desc'))
  return readByIds(reader, newest.union(passed))
}

async function readSlowest(reader: CatalogueReader, since: Date): Promise<readonly ProofRecord[]> {
  const slowest = idPerSource(reader, (proofs) =>
    proofs
      .where('p.verdict', '=', 'passed')
      .where('p.ended_at', '>=', since.getTime())
      .orderBy('p.recovery_ms', 'desc'),
  )
  return readByIds(reader, slowest)
}

type IdsOfProofs = SelectQueryBuilder<
  CatalogueTables & { p: ProofTable; s: { source: string } },
  'p' | 's',
  { id: string }
>

/** A query for the first proof of each source in an order. */
function idPerSource(reader: CatalogueReader, order: (proofs: IdsOfProofs) => IdsOfProofs) {
  return reader
    .selectFrom((from) => from.selectFrom('proofs').select('source').distinct().as('s'))
    .select(({ selectFrom }) =>
      order(selectFrom('proofs as p').select('p.id').whereRef('p.source', '=', 's.source'))
        .orderBy('p.id', 'desc')
        .limit(1)
        .as('id'),
    )
    .$castTo<{ id: string }>()
}

async function readByIds(
  reader: CatalogueReader,
  ids: ReturnType<typeof idPerSource>,
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
