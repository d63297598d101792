import type { Selectable } from 'kysely'
import type { ProofRecord, ProofStore } from '../catalogue.ts'
import type { CatalogueStore, CatalogueWriter } from '../store/catalogue-store.ts'
import type { ProofTable } from '../store/catalogue-tables.ts'
import { isOneOf, limitTo, type Question, question, whereAll } from '../store/question.ts'

type ProofRow = Selectable<ProofTable>

export function createProofStore(store: CatalogueStore): ProofStore {
  return {
    add: (record) => store.write((writer) => addProof(writer, rowOf(record))),
    get: async (id) => {
      const [row] = await store.select<ProofRow>(question`select * from holdfast.proofs where id = ${id}`)
      return row && recordOf(row)
    },
    list: async ({ source, sources, since, limit, before }) => {
      const where = whereAll([
        source === undefined ? undefined : question`source = ${source}`,
        sources && isOneOf('source', sources),
        since && question`ended_at >= ${since.getTime()}`,
        before === undefined
          ? undefined
          : question`(ended_at, id) < (select ended_at, id from holdfast.proofs where id = ${before})`,
      ])
      const rows = await store.select<ProofRow>(
        question`select * from holdfast.proofs ${where} order by ended_at desc, id desc ${limitTo(limit)}`,
      )
      return rows.map(recordOf)
    },
    newest: () => readByIds(store, question`select proof_id from holdfast.newest_proofs`),
    // one look into an index for each source, rather than a look at every proof
    slowest: (since) =>
      readByIds(
        store,
        question`select (
            select id from holdfast.proofs p
            where p.source = s.source and p.verdict = 'passed' and p.ended_at >= ${since.getTime()}
            order by p.recovery_ms desc, p.id desc limit 1
          ) from holdfast.newest_proofs s where s.kind = 'any'`,
      ),
  }
}

async function addProof(writer: CatalogueWriter, row: ProofRow): Promise<void> {
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

/** Of all sources at once: the checks of those that passed would be megabytes that nobody reads. */
async function readByIds(store: CatalogueStore, ids: Question): Promise<readonly ProofRecord[]> {
  const rows = await store.select<ProofRow>(
    question`select id, run_id, source, repository, snapshot_id, verdict, target, ended_at, recovery_ms, bytes,
        case verdict when 'passed' then '[]' else checks end as checks
      from holdfast.proofs where id in (${ids}) order by source, ended_at desc`,
  )
  return rows.map(recordOf)
}

function rowOf(record: ProofRecord): ProofRow {
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

function recordOf(row: ProofRow): ProofRecord {
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
