import type { Context } from '@holdfast/core/context'
import { fromKysely, type JobInsert, PgBoss } from 'pg-boss'
import type { CatalogueStore, CatalogueWriter } from '../catalogue/store/catalogue-store.ts'
import type { RunRow } from './run-row.ts'

/** Jobs only say that there is something to lease; which run it is, the table of runs decides. */
const schema = 'holdfast_jobs'
const name = 'runs'
const connections = 2
/** A process that died with a job in its hands: another is told after this. */
const redeliverAfterSeconds = 30
/** Sooner than any run's, so that one who found something lets the next look at once. */
const lookPriority = 1_000_000
const keepDoneSeconds = 3600
const keepWaitingSeconds = 366 * 86_400

export interface BossDelivery extends AsyncDisposable {
  /** A job that says: look. Undefined when there is none. */
  receive(): Promise<string | undefined>
  /** The job has been looked into; to be done in the transaction that leased. */
  done(writer: CatalogueWriter, jobId: string): Promise<void>
  /** Says that a run waits, from its due time on. */
  announce(writer: CatalogueWriter, rows: readonly RunRow[]): Promise<void>
  /** Lets one process look now, or after some seconds. There is one such job at a time, however often it is asked for. */
  look(writer: CatalogueWriter, afterSeconds?: number): Promise<void>
}

/** Starts pg-boss on the catalogue's database, with its tables in a schema of their own. */
export async function openBossDelivery(store: CatalogueStore, ctx: Context): Promise<BossDelivery> {
  if (store.connection === undefined) throw new Error('pg-boss needs PostgreSQL')
  const boss = new PgBoss({
    connectionString: store.connection,
    application_name: 'holdfast jobs',
    max: connections,
    schema,
    // cron lines are the planner's
    schedule: false,
  })
  // What its maintenance meets passes, or is met again by what is asked of it below, and told there.
  boss.on('error', (error) =>
    ctx.emit({ type: 'message.noted', level: 'warning', message: `pg-boss: ${error.message}` }),
  )
  await store.read(async () => {
    await boss.start()
    await boss.createQueue(name, {
      // one waiting job for each key
      policy: 'short',
      retryLimit: 1000,
      retryDelay: 1,
      expireInSeconds: redeliverAfterSeconds,
      deleteAfterSeconds: keepDoneSeconds,
      retentionSeconds: keepWaitingSeconds,
    })
  })
  const insert = async (writer: CatalogueWriter, jobs: JobInsert[]): Promise<void> => {
    if (jobs.length > 0) await boss.insert(name, jobs, { db: fromKysely(writer) })
  }
  return {
    receive: () => store.read(async () => (await boss.fetch(name, { batchSize: 1 }))[0]?.id),
    done: async (writer, jobId) => void (await boss.complete(name, jobId, null, { db: fromKysely(writer) })),
    announce: (writer, rows) =>
      insert(
        writer,
        rows.map((row) => ({
          data: { runId: row.id },
          priority: row.priority,
          startAfter: new Date(row.due_at),
          singletonKey: `${row.id}/${row.attempt}/${row.due_at}`,
        })),
      ),
    look: (writer, afterSeconds = 0) =>
      insert(writer, [
        {
          priority: lookPriority,
          singletonKey: afterSeconds === 0 ? 'look' : 'look later',
          ...(afterSeconds > 0 && { startAfter: afterSeconds }),
        },
      ]),
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false, close: true }),
  }
}
