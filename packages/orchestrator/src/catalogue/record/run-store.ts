import type { NewestRuns, RunStore } from '../catalogue.ts'
import type { EndedRun } from '../../run/run.ts'
import { endedRunOf, type EndedRunRow, runOf, type RunRow } from '../../run/run-row.ts'
import type { CatalogueStore } from '../store/catalogue-store.ts'
import { isOneOf, limitTo, question, whereAll } from '../store/question.ts'

export function createRunStore(store: CatalogueStore): RunStore {
  return {
    get: async (id) => {
      const [row] = await store.select<RunRow>(question`select * from holdfast.runs where id = ${id}`)
      return row && runOf(row)
    },
    list: async ({ source, sources, repository, operation, states, since, limit, before }) => {
      const where = whereAll([
        source === undefined ? undefined : question`source = ${source}`,
        sources && isOneOf('source', sources),
        repository === undefined ? undefined : question`repository = ${repository}`,
        operation && question`operation = ${operation}`,
        states && isOneOf('state', states),
        since && question`queued_at >= ${since.getTime()}`,
        before === undefined
          ? undefined
          : question`(queued_at, id) < (select queued_at, id from holdfast.runs where id = ${before})`,
      ])
      const rows = await store.select<RunRow>(
        question`select * from holdfast.runs ${where} order by queued_at desc, id desc ${limitTo(limit)}`,
      )
      return rows.map(runOf)
    },
    newest: () => readNewest(store),
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

/** `newest_runs` has one for each end that such runs had. */
async function readNewest(store: CatalogueStore): Promise<NewestRuns> {
  const rows = await store.select<EndedRunRow>(question`
    select r.id, r.operation, r.source, r.repository, r.arguments, r.state, r.attempt, r.ended_at, r.error, r.result
    from holdfast.newest_runs newest join holdfast.runs r on r.id = newest.run_id`)
  const ended = newestOfEach(rows)
  const succeeded = newestOfEach(rows.filter(({ state }) => state === 'succeeded' || state === 'partial'))
  const runs = new Map([...ended, ...succeeded].map((row) => [row.id, endedRunOf(row)]))
  const runsOf = (chosen: readonly EndedRunRow[]): EndedRun[] => chosen.flatMap(({ id }) => runs.get(id) ?? [])
  return { ended: runsOf(ended), succeeded: runsOf(succeeded) }
}

function newestOfEach(rows: readonly EndedRunRow[]): EndedRunRow[] {
  const newest = new Map<string, EndedRunRow>()
  for (const row of rows) {
    const subject = `${row.operation}\n${row.source}\n${row.repository}`
    const known = newest.get(subject)
    const [at, knownAt] = [row.ended_at ?? 0, known?.ended_at ?? 0]
    if (known === undefined || at > knownAt || (at === knownAt && row.id > known.id)) newest.set(subject, row)
  }
  return [...newest.values()]
}
