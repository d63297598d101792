import type { CatalogueStore } from '../catalogue/store/catalogue-store.ts'
import type { EndState, Run } from './run.ts'
import { endRun, insertRun } from './run-writes.ts'

const perTransaction = 200

/** Writes runs that have ended into a catalogue that does not know them; how many those were. */
export async function importRuns(store: CatalogueStore, runs: readonly Run[]): Promise<number> {
  let imported = 0
  const ended = runs.filter((run) => isEnd(run.state)).toSorted((a, b) => (endMs(a) < endMs(b) ? -1 : 1))
  for (let start = 0; start < ended.length; start += perTransaction) {
    const batch = ended.slice(start, start + perTransaction)
    imported += await store.write(async (writer) => {
      let count = 0
      for (const run of batch) {
        const known = await writer.selectFrom('runs').select('id').where('id', '=', run.id).executeTakeFirst()
        if (known !== undefined) continue
        const row = await insertRun(writer, run, run.id, run.queuedAt.getTime())
        if (row === undefined || !isEnd(run.state)) continue
        const { state, result, error } = run
        const end = { state, ...(result === undefined ? {} : { result }), ...(error === undefined ? {} : { error }) }
        await endRun(writer, row, end, endMs(run), true)
        const change = {
          attempt: run.attempt,
          started_at: run.startedAt?.getTime() ?? null,
          leased_by: run.leasedBy ?? null,
        }
        await writer.updateTable('runs').set(change).where('id', '=', run.id).execute()
        count++
      }
      return count
    })
  }
  return imported
}

function endMs({ endedAt, queuedAt }: Run): number {
  return (endedAt ?? queuedAt).getTime()
}

function isEnd(state: Run['state']): state is EndState {
  return state !== 'queued' && state !== 'running'
}
