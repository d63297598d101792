import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { type PreparedQuery, prepareQuery, readRows } from './sqlite-rows.ts'

/**
 * Kysely on Node's own SQLite. Transactions begin with the write lock (BEGIN IMMEDIATE): one that began by reading could
 * not be retried when another process wrote meanwhile. The connection is one, and Kysely keeps its users apart.
 */
export function nodeSqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }
}

function createDriver(database: DatabaseSync): Driver {
  const connection = createConnection(database)
  const execute = async (text: string): Promise<void> => void (await connection.executeQuery(CompiledQuery.raw(text)))
  return {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: () => execute('begin immediate'),
    commitTransaction: () => execute('commit'),
    // After a full disk SQLite has rolled back by itself; failing here would hide why.
    rollbackTransaction: async () => {
      if (database.isTransaction) await execute('rollback')
    },
    releaseConnection: async () => {},
    destroy: async () => database.close(),
  }
}

/** Statements longer than this are lists of rows, of which no two are alike. */
const longestKeptText = 4096
const mostKept = 256

function createConnection(database: DatabaseSync): DatabaseConnection {
  const kept = new Map<string, PreparedQuery>()
  const prepare = (text: string): PreparedQuery => {
    const known = kept.get(text)
    if (known !== undefined) return known
    const prepared = prepareQuery(database, text)
    if (kept.size >= mostKept) kept.clear()
    if (text.length <= longestKeptText) kept.set(text, prepared)
    return prepared
  }
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const prepared = prepare(query.sql)
      // boundary: Kysely types parameters as unknown; queries here bind text, numbers and null only
      const parameters = query.parameters as readonly SQLInputValue[]
      if (prepared.columns.length > 0) return { rows: readRows<R>(prepared, parameters) }
      return { rows: [], numAffectedRows: BigInt(prepared.statement.run(...parameters).changes) }
    },
    streamQuery() {
      throw new Error('rows are not streamed from SQLite')
    },
  }
}
