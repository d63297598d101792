import { createRunId } from '../../run/run-id.ts'
import { newRunRow } from '../../run/run-row.ts'
import { endStates } from '../../run/run.ts'
import type { OpenedCatalogue } from '../open-catalogue.ts'
import { rowGroups } from '../record/row-groups.ts'
import type { CatalogueTables } from '../store/catalogue-tables.ts'

export interface FillSize {
  /** names of sources; each has snapshots in every repository */
  readonly sources: readonly string[]
  readonly repositories: readonly string[]
  /** ended runs in all: backups, copies, proofs; ten of them failed, ten still wait and run */
  readonly runs: number
  readonly snapshotsPerSource: number
  readonly proofsPerSource: number
  readonly samplesPerSource: number
  readonly now: Date
}

/** Fills an empty catalogue with what a long life leaves behind, by whole tables rather than run by run. */
export async function fillCatalogue({ store, ...catalogue }: OpenedCatalogue, size: FillSize): Promise<void> {
  await insert({ store }, 'runs', runRows(size))
  const ended = runRows(size).filter(({ state }) => endStates.some((end) => end === state))
  const newest = new Map(ended.map((row) => [`${row.operation}/${row.source}/${row.repository}/${row.state}`, row]))
  await insert(
    { store },
    'newest_runs',
    [...newest.values()].map((row) => ({
      ...{ operation: row.operation, source: row.source ?? '', repository: row.repository ?? '', state: row.state },
      ...{ run_id: row.id, ended_at: row.ended_at ?? 0 },
    })),
  )
  await insert({ store }, 'snapshots', snapshotRows(size))
  for (const repository of size.repositories) {
    await insert({ store }, 'snapshot_overviews', overviewRows(repository, size))
  }
  await insert({ store }, 'proofs', proofRows(size))
  await insert(
    { store },
    'newest_proofs',
    proofRows({ ...size, proofsPerSource: 1 }).flatMap(({ id, source, ended_at }) =>
      (['any', 'passed'] as const).map((kind) => ({ source, kind, proof_id: id, ended_at })),
    ),
  )
  for (const figure of ['rpo-ms', 'score', 'backup-bytes-added', 'backup-duration-ms', 'proof-age-ms']) {
    await catalogue.samples.add(
      size.sources.flatMap((source) =>
        Array.from({ length: size.samplesPerSource }, (_, index) => ({
          ...{ figure, subject: `source/${source}`, value: index },
          at: new Date(size.now.getTime() - index * hourMs),
        })),
      ),
    )
  }
}

const hourMs = 3_600_000
const kept = new WeakMap<FillSize, RunRows>()
type RunRows = readonly CatalogueTables['runs'][]

/** Oldest first, evenly spread over 90 days; every third is a backup. */
function runRows(size: FillSize): RunRows {
  const known = kept.get(size)
  if (known !== undefined) return known
  const stepMs = (90 * 24 * hourMs) / size.runs
  const rows = Array.from({ length: size.runs }, (_, index) => {
    const atMs = Math.round(size.now.getTime() - (size.runs - index) * stepMs)
    const source = size.sources[index % size.sources.length] ?? ''
    const turn = Math.floor(index / size.sources.length) % 3
    const operation = (['backup', 'copy', 'verify'] as const)[turn] ?? 'backup'
    const draft = newRunRow(
      {
        operation,
        source,
        ...(operation === 'copy' && { repository: size.repositories[1] ?? '' }),
        arguments: {},
        cause: { type: 'schedule', fire: new Date(atMs), isMadeUp: false },
        uniqueKey: `${operation}/${source}/${index}`,
        exclusiveKeys: [`source/${source}`],
        limitKeys: ['host/web', ...size.repositories.map((name) => `repository/${name}`)],
        ...{ dueAt: new Date(atMs), priority: 0, timeoutMs: hourMs, attempts: 3 },
      },
      createRunId(atMs),
      atMs,
    )
    const fromEnd = size.runs - index
    const state = fromEnd <= 10 ? 'running' : fromEnd <= 20 ? 'queued' : fromEnd <= 30 ? 'failed' : 'succeeded'
    const isEnded = state === 'failed' || state === 'succeeded'
    return {
      ...nothing,
      ...draft,
      state,
      ...(isEnded && { started_at: atMs + 10, ended_at: atMs + 60_000, attempt: 1, leased_by: 'web:1:a' }),
      ...(state === 'running' && { started_at: atMs, leased_by: 'web:1:a', leased_until: size.now.getTime() + hourMs }),
      ...(state === 'succeeded' && { result: '{"snapshots":{"local":"aa"},"bytesRead":1000,"bytesAdded":10}' }),
    }
  })
  kept.set(size, rows)
  return rows
}

const nothing = {
  ...{ source: null, repository: null, started_at: null, ended_at: null, leased_by: null, leased_until: null },
  ...{ error: null, result: null },
}

function snapshotRows({ sources, repositories, snapshotsPerSource, now }: FillSize): CatalogueTables['snapshots'][] {
  return repositories.flatMap((repository) =>
    sources.flatMap((source) =>
      Array.from({ length: snapshotsPerSource }, (_, index) => ({
        ...{ repository, source, snapshot_id: `${source}-${index}`.padStart(64, '0'), lineage: `${source}-${index}` },
        ...{ time: now.getTime() - index * 6 * hourMs, bytes: 1e9, bytes_added: 1e6 },
      })),
    ),
  )
}

function overviewRows(repository: string, size: FillSize): CatalogueTables['snapshot_overviews'][] {
  return size.sources.map((source) => ({
    ...{ source, repository, count: size.snapshotsPerSource, newest_id: `${source}-0`.padStart(64, '0') },
    ...{ oldest: size.now.getTime() - (size.snapshotsPerSource - 1) * 6 * hourMs, newest: size.now.getTime() },
    newest_bytes: 1e9,
  }))
}

function proofRows({ sources, repositories, proofsPerSource, now }: FillSize): CatalogueTables['proofs'][] {
  return sources.flatMap((source) =>
    Array.from({ length: proofsPerSource }, (_, index) => ({
      ...{ id: `${source}-${index}`, run_id: null, source, repository: repositories[0] ?? '', target: 'newest' },
      ...{ snapshot_id: `${source}-${index}`.padStart(64, '0'), verdict: index % 10 === 5 ? 'failed' : 'passed' },
      ...{ ended_at: now.getTime() - index * 24 * hourMs, recovery_ms: 1000 + index, bytes: 1e9, checks: '[]' },
    })),
  )
}

async function insert<Table extends keyof CatalogueTables>(
  { store }: Pick<OpenedCatalogue, 'store'>,
  table: Table,
  rows: readonly CatalogueTables[Table][],
): Promise<void> {
  await store.write(async (writer) => {
    // Kysely cannot know that the rows are those of the table when both are parameters
    for (const group of rowGroups(rows))
      await writer
        .insertInto(table)
        .values(group as never)
        .execute()
  })
}
