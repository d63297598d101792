import type { RunStore } from '../catalogue.ts'
import { runOf } from '../../run/run-row.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'

export function createRunStore(store: CatalogueStore): RunStore {
  return {
    get: (id) =>
      store.read(async (reader) => {
        const row = await reader.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst()
        return row && runOf(row)
      }),
    list: ({ source, sources, repository, operation, states, since, limit, before }) =>
      store.read(async (reader) => {
        let query = reader.selectFrom('runs').selectAll()
        if (source !== undefined) query = query.where('source', '=', source)
        if (sources !== undefined)
          query = sources.length === 0 ? query.where('id', 'is', null) : query.where('source', 'in', sources)
        if (repository !== undefined) query = query.where('repository', '=', repository)
        if (operation !== undefined) query = query.where('operation', '=', operation)
        if (states !== undefined) query = query.where('state', 'in', states)
        if (since !== undefined) query = query.where('queued_at', '>=', since.getTime())
        if (before !== undefined) {
          query = query.where(({ refTuple, selectFrom, eb }) =>
            eb(
              refTuple('queued_at', 'id'),
              '<',
              selectFrom('runs').select(['queued_at', 'id']).where('id', '=', before).$asTuple('queued_at', 'id'),
            ),
          )
        }
        if (limit !== undefined) query = query.limit(limit)
        return (await query.orderBy('queued_at', 'desc').orderBy('id', 'desc').execute()).map(runOf)
      }),
    newest: (states) => readNewest(store, states),
    trim: (before) =>
      store.write(async (writer) => {
        const { numDeletedRows } = await writer
          .deleteFrom('runs')
          .where('ended_at', '<', before.getTime())
          .where('id', 'not in', (query) => query.selectFrom('newest_runs').select('run_id'))
          .executeTakeFirst()
        return Number(numDeletedRows)
      }),
  }
}

/** Those that ended are found by `newest_runs`; those that have not are few, and looked through. */
async function readNewest(
  store: CatalogueStore,
  states: Parameters<RunStore['newest']>[0],
): ReturnType<RunStore['newest']> {
  const rows = await store.read(async (reader) => {
    const ended = await reader
      .selectFrom('newest_runs')
      .innerJoin('runs', 'runs.id', 'newest_runs.run_id')
      .selectAll('runs')
      .where('newest_runs.state', 'in', states)
      .execute()
    const open = states.filter((state) => state === 'queued' || state === 'running')
    if (open.length === 0) return ended
    return [...ended, ...(await reader.selectFrom('runs').selectAll().where('state', 'in', open).execute())]
  })
  const newest = new Map<string, (typeof rows)[number]>()
  const age = (row: (typeof rows)[number]): number => row.ended_at ?? row.queued_at
  for (const row of rows) {
    const subject = `${row.operation}\n${row.source}\n${row.repository}`
    const known = newest.get(subject)
    if (known === undefined || age(row) > age(known) || (age(row) === age(known) && row.id > known.id)) {
      newest.set(subject, row)
    }
  }
  return [...newest.values()].map(runOf)
}
