import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { CatalogueStore } from './catalogue-store.ts'
import { type CatalogueTables, postgresSchema } from './catalogue-tables.ts'
import type { Question } from './question.ts'
import { prepareQuery, readRows } from './sqlite-rows.ts'
import { isBusy, sqliteError } from './sqlite-error.ts'

/** SQLite itself waits this long for a lock, with the whole process; longer waits leave the event loop free. */
const blockingWaitMs = 20
const longestPauseMs = 50
const patienceMs = 30_000

/**
 * A catalogue in a file, which any number of processes of this machine may share. WAL, so that readers never wait;
 * synchronous = FULL, so that what is acknowledged survives a power cut. The file and its directory are the owner's only.
 */
export async function openSqliteStore(path: string, ctx: Context): Promise<CatalogueStore> {
  const location = `sqlite:${resolve(path)}`
  let file: DatabaseSync | undefined
  const withPatience = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let waitedMs = 0; ;) {
      try {
        return await work()
      } catch (error) {
        if (!isBusy(error)) throw sqliteError(error, location)
        if (waitedMs >= patienceMs) {
          throw new AppError('CATALOGUE_BUSY', { catalogue: location, seconds: patienceMs / 1000 }, { cause: error })
        }
      }
      // at random, so that processes that met here do not meet again
      const delayMs = 1 + Math.random() * longestPauseMs
      await pause(delayMs)
      waitedMs += delayMs + blockingWaitMs
    }
  }
  try {
    const database = (file = openFile(path, location))
    await withPatience(async () => refuseForeign(database, location))
    await withPatience(async () => database.exec('pragma journal_mode = wal; pragma synchronous = full'))
  } catch (error) {
    file?.close()
    throw error
  }
  const database = file
  let opening: Promise<Builder> | undefined
  const builder = (): Promise<Builder> => (opening ??= openBuilder(database))
  return {
    kind: 'sqlite',
    location,
    select<Row>({ texts, values }: Question) {
      const text = texts.join('?').replaceAll(`${postgresSchema}.`, '')
      return withPatience(async () => {
        if (opening === undefined) return readRows<Row>(prepareQuery(database, text), values)
        // in its turn, so that nobody sees half of a transaction on the one connection
        const { kysely, raw } = await opening
        return (await kysely.executeQuery<Row>(raw(text, [...values]))).rows
      })
    },
    read: (work) => withPatience(async () => work((await builder()).kysely)),
    write: (work) => withPatience(async () => (await builder()).kysely.transaction().execute(work)),
    async probe() {
      try {
        database.prepare('select 1 from sqlite_schema').get()
      } catch (error) {
        throw sqliteError(error, location)
      }
    },
    // all processes are on one machine
    nowMs: async () => ctx.now().getTime(),
    // the transaction has the only write lock there is
    lockQueue: async () => {},
    async close() {
      if (opening === undefined) database.close()
      else await (await opening).kysely.destroy()
    },
  }
}

type Builder = Awaited<ReturnType<typeof openBuilder>>

/** Loaded when it is first needed. */
async function openBuilder(database: DatabaseSync) {
  const [{ CompiledQuery, Kysely }, { nodeSqliteDialect }] = await Promise.all([
    import('kysely'),
    import('./node-sqlite-dialect.ts'),
  ])
  return { kysely: new Kysely<CatalogueTables>({ dialect: nodeSqliteDialect(database) }), raw: CompiledQuery.raw }
}

function openFile(path: string, location: string): DatabaseSync {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    // whole, since SQLite takes ":memory:" and "file:…" for something else than names
    return new DatabaseSync(resolve(path), { timeout: blockingWaitMs })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') {
      throw new AppError('CATALOGUE_FULL', { catalogue: location }, { cause: error })
    }
    if (error instanceof Error && 'syscall' in error) {
      throw new AppError('CATALOGUE_DENIED', { catalogue: location, reason: error.message }, { cause: error })
    }
    throw sqliteError(error, location)
  }
}

/** Before anything is written: the database of another program must stay as it is. */
function refuseForeign(database: DatabaseSync, catalogue: string): void {
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .all()
  if (tables.length === 0 || tables.some(({ name }) => name === 'catalogue_version')) return
  const names = tables.map(({ name }) => String(name))
  const reason = `it has tables (${names.slice(0, 3).join(', ')}) but is no catalogue of Holdfast`
  throw new AppError('CATALOGUE_CORRUPT', { catalogue, reason })
}
