import type { Context } from '@holdfast/core/context'
import { type Check, type CheckOutcome, failed, passed, runCheck } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { PostgresConnection } from '../connection/connection.ts'
import { type Assertion, checkAssertion } from './assertion.ts'
import { checkBtrees, checkInvalidIndexes } from './check-indexes.ts'
import { countRows, type TableRows } from './count-rows.ts'
import { checkForeignKeys } from './foreign-keys.ts'
import { checkRelation, checkUnique, type ColumnName, type DeclaredRelation } from './relation-check.ts'

/** What a restored cluster is held against. */
export interface ClusterExpectation {
  /** databases that must be there */
  readonly databases: readonly string[]
  /** exact rows by database, where they were counted at the very state restored */
  readonly rows?: Readonly<Record<string, readonly TableRows[]>>
  /** they were counted and compared already */
  readonly rowsAreKnown?: boolean
  readonly assertions: readonly Assertion[]
  readonly relations: readonly DeclaredRelation[]
  readonly unique: readonly ColumnName[]
}

/** Opens a connection to one database of the cluster. `role`: names without schema mean what they mean to its users. */
export type ConnectTo = (database: string, searchPath: 'none' | 'role') => Promise<PostgresConnection>

/** Looks at every database of a running cluster. The cluster must take writes: amcheck is installed where it can be. */
export async function* verifyCluster(
  connectTo: ConnectTo,
  maintenanceDatabase: string,
  expected: ClusterExpectation,
  ctx: Context,
): AsyncGenerator<Check> {
  const databases = await listDatabases(connectTo, maintenanceDatabase, ctx)
  yield await runCheck(
    { name: 'databases' },
    async () => {
      const missing = expected.databases.filter((name) => !databases.includes(name))
      return missing.length === 0
        ? passed(`${countOf(databases.length, 'database')}: ${databases.join(', ')}`)
        : failed(`missing: ${missing.join(', ')}`)
    },
    ctx,
  )
  const own = databases.filter((name) => name !== 'postgres')
  for (const database of databases) {
    await using connection = await connectTo(database, 'none')
    if (expected.rowsAreKnown !== true) {
      yield await runCheck(
        { name: 'rows', subject: database },
        () => checkRows(connection, expected.rows?.[database], ctx),
        ctx,
      )
    }
    yield await runCheck(
      { name: 'invalid-indexes', subject: database },
      () => checkInvalidIndexes(connection, ctx),
      ctx,
    )
    yield await runCheck({ name: 'btrees', subject: database }, () => checkBtrees(connection, ctx), ctx)
    yield await runCheck({ name: 'foreign-keys', subject: database }, () => checkForeignKeys(connection, ctx), ctx)
  }
  yield* verifyDeclared(connectTo, own, maintenanceDatabase, expected, ctx)
}

/** What the user declared, in the database named or the only one of their own. */
async function* verifyDeclared(
  connectTo: ConnectTo,
  own: readonly string[],
  maintenanceDatabase: string,
  { assertions, relations, unique }: ClusterExpectation,
  ctx: Context,
): AsyncGenerator<Check> {
  const only = own.length === 1 ? (own[0] ?? maintenanceDatabase) : maintenanceDatabase
  for (const assertion of assertions) {
    const database = assertion.database ?? only
    yield await runCheck(
      { name: 'assertion', subject: database },
      async () => {
        await using connection = await connectTo(database, 'role')
        return await checkAssertion(connection, assertion, ctx)
      },
      ctx,
    )
  }
  for (const relation of relations) {
    const { child, parent } = relation
    const subject = `${nameOf(child)} -> ${nameOf(parent)}`
    const check = (connection: PostgresConnection) => checkRelation(connection, relation, ctx)
    yield await runCheck({ name: 'orphans', subject }, () => ask(child.database, check), ctx)
  }
  for (const column of unique) {
    const check = (connection: PostgresConnection) => checkUnique(connection, column, ctx)
    yield await runCheck({ name: 'duplicates', subject: nameOf(column) }, () => ask(column.database, check), ctx)
  }

  async function ask(database: string | undefined, check: (connection: PostgresConnection) => Promise<CheckOutcome>) {
    if (database === undefined && own.length > 1) {
      return failed(`there are the databases ${own.join(', ')}: name the one it is in, as in ${own[0]}:table.column`)
    }
    await using connection = await connectTo(database ?? only, 'role')
    return await check(connection)
  }
}

async function checkRows(connection: PostgresConnection, expected: readonly TableRows[] | undefined, ctx: Context) {
  const counted = await countRows(connection, ctx)
  const total = counted.reduce((sum, { rows }) => sum + BigInt(rows), 0n)
  const figures = `${countOf(total, 'row')} in ${countOf(counted.length, 'table')}`
  if (expected === undefined) return passed(`${figures} read`)
  const found = new Map(counted.map(({ table, rows }) => [table, rows]))
  const wrong = expected.filter(({ table, rows }) => found.get(table) !== rows)
  return wrong.length === 0
    ? passed(`${figures}, as many as when it was backed up`)
    : failed(
        wrong
          .map(({ table, rows }) => `${table} has ${countOf(found.get(table) ?? 'no', 'row')} instead of ${rows}`)
          .join('; '),
      )
}

async function listDatabases(connectTo: ConnectTo, maintenanceDatabase: string, ctx: Context): Promise<string[]> {
  await using connection = await connectTo(maintenanceDatabase, 'none')
  const [result] = await connection.query(
    `SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1`,
    ctx,
  )
  return (result?.rows ?? []).map(([name]) => name ?? '')
}

function nameOf({ database, table, column }: ColumnName): string {
  return `${database === undefined ? '' : `${database}:`}${[...table, column].join('.')}`
}
