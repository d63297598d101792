import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { Pool, types } from 'pg'
import type { CatalogueStore } from './catalogue-store.ts'
import { type CatalogueTables, postgresSchema } from './catalogue-tables.ts'
import { postgresError, postgresProblem } from './postgres-error.ts'
import type { Question } from './question.ts'

/** Two numbers that name our lock among those of other programs in the database. */
const queueLock = { program: 0x48_4f_4c_44, lock: 1 }
const connections = 5
const connectTimeoutMs = 5_000
const keepAliveAfterMs = 10_000
const firstPauseMs = 50
const longestPauseMs = 5_000
/** a process that is being stopped still writes down how its runs ended */
const stoppingPatienceMs = 3_000

export interface PostgresStoreOptions {
  /** URI: "postgresql://holdfast@db.example/holdfast" */
  readonly connection: string
  /** how long it is tried before the server has answered for the first time, and after that */
  readonly firstPatienceMs?: number
  readonly patienceMs?: number
  /** `context`: times are ctx.now(), as for a simulated clock; default the server's, which all processes share */
  readonly clock?: 'server' | 'context'
}

/**
 * A catalogue in PostgreSQL, shared by any number of servers. While the server is away, work waits and is tried again.
 */
export function openPostgresStore(options: PostgresStoreOptions, ctx: Context): CatalogueStore {
  const { connection, firstPatienceMs = 15_000, patienceMs = 120_000, clock = 'server' } = options
  const location = describeConnection(connection)
  const pool = new Pool({
    connectionString: connection,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'holdfast',
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    // `count(*)` and times come as text because not every int8 fits a number; ours do
    types: {
      getTypeParser: (type, format) => (type === types.builtins.INT8 ? Number : types.getTypeParser(type, format)),
    },
  })
  // A connection that breaks between two questions: whoever asks the next gets the error, or another connection.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  let opening: Promise<Builder> | undefined
  const builder = (): Promise<Builder> => (opening ??= openBuilder(pool))
  let hasAnswered = false

  const withPatience = async <T>(work: () => Promise<T>): Promise<T> => {
    const limitMs = (): number => {
      if (ctx.signal.aborted) return Math.min(stoppingPatienceMs, patienceMs)
      return hasAnswered ? patienceMs : firstPatienceMs
    }
    let waitedMs = 0
    for (let attempt = 0; ; attempt++) {
      const startedMs = performance.now()
      try {
        const result = await work()
        hasAnswered = true
        return result
      } catch (error) {
        const problem = postgresProblem(error)
        if ((problem !== 'away' && problem !== 'conflict') || waitedMs >= limitMs()) {
          throw postgresError(error, location)
        }
        const delayMs = Math.min(firstPauseMs * 2 ** attempt, longestPauseMs) * (0.5 + Math.random())
        const reason = error instanceof Error ? error.message : String(error)
        ctx.emit({
          type: 'request.retried',
          action: 'use',
          file: 'catalogue',
          attempt: attempt + 1,
          delayMs,
          error: reason,
        })
        await pause(delayMs)
        waitedMs += performance.now() - startedMs
      }
    }
  }

  const working = new Set<Promise<unknown>>()
  const track = async <T>(work: Promise<T>): Promise<T> => {
    working.add(work)
    try {
      return await work
    } finally {
      working.delete(work)
    }
  }

  return {
    kind: 'postgresql',
    location,
    connection,
    select<Row>({ texts, values }: Question) {
      const text = texts.reduce((before, part, index) => `${before}$${index}${part}`)
      // boundary: whoever asks knows the row's shape from the question
      return track(withPatience(async () => (await pool.query(text, [...values])).rows as readonly Row[]))
    },
    read: (work) => track(withPatience(async () => work((await builder()).kysely))),
    write: (work) => track(withPatience(async () => (await builder()).kysely.transaction().execute(work))),
    async probe() {
      try {
        await track(pool.query('select 1'))
      } catch (error) {
        throw postgresError(error, location)
      }
    },
    nowMs: async (reader) => {
      if (clock === 'context') return ctx.now().getTime()
      const { sql } = await builder()
      const { rows } = await sql<{
        now: number
      }>`select (extract(epoch from clock_timestamp()) * 1000)::int8 as now`.execute(reader)
      return rows[0]?.now ?? ctx.now().getTime()
    },
    lockQueue: async (writer) => {
      const { sql } = await builder()
      await sql`select pg_advisory_xact_lock(${queueLock.program}, ${queueLock.lock})`.execute(writer)
    },
    async close() {
      // the pool never answers who still waits for a connection when it is ended
      await Promise.allSettled(working)
      await (opening === undefined ? pool.end() : (await opening).kysely.destroy())
    },
  }
}

type Builder = Awaited<ReturnType<typeof openBuilder>>

/** Loaded when it is first needed. */
async function openBuilder(pool: Pool) {
  const { Kysely, PostgresDialect, sql } = await import('kysely')
  const dialect = new PostgresDialect({ pool })
  return { kysely: new Kysely<CatalogueTables>({ dialect }).withSchema(postgresSchema), sql }
}

/** Host and database, without user and password. */
function describeConnection(connection: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(connection)
    return `postgresql:${searchParams.get('host') ?? hostname}${port === '' ? '' : `:${port}`}${pathname}`
  } catch {
    const reason = 'write it as postgresql://user@host:5432/database'
    // not the text itself, which may hold a password
    throw new AppError('ARGUMENT_INVALID', { name: 'catalogue.connection', value: 'given', reason })
  }
}
