import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'
import { quoteLiteral } from '../connection/quote.ts'
import type { ServerVersion } from '../connection/server-version.ts'

/** What of an old server another one may not know; names are "shop.item", "shop.item.column". */
export interface MigrationFacts {
  readonly version: ServerVersion
  readonly tables: readonly { readonly name: string; readonly type: string; readonly engine: string }[]
  readonly columns: readonly { readonly name: string; readonly type: string; readonly extra: string }[]
  /** every collation that anything has */
  readonly collations: readonly string[]
  /** indexes over an expression, which only MySQL has */
  readonly functionalIndexes: readonly string[]
  readonly packages: readonly string[]
}

/** What a new server takes. */
export interface GoalFacts {
  readonly version: ServerVersion
  readonly engines: ReadonlySet<string>
  readonly collations: ReadonlySet<string>
}

export async function readMigrationFacts(
  session: MysqlConnection,
  databases: readonly string[],
  ctx: Context,
): Promise<MigrationFacts> {
  const names = databases.map(quoteLiteral).join(', ')
  const list = async (columns: string, table: string, schema: string, also = ''): Promise<string[][]> => {
    const sql = `SELECT ${columns} FROM information_schema.${table} WHERE ${schema} IN (${names})${also}`
    return (await session.query(sql, ctx)).map((row) => row.map((value) => value ?? ''))
  }
  const tables = await list(`${dotted('table')}, table_type, engine, table_collation`, 'tables', 'table_schema')
  const columns = await list(
    `${dotted('table', 'column_name')}, data_type, extra, collation_name`,
    'columns',
    'table_schema',
  )
  const schemata = await list('default_collation_name', 'schemata', 'schema_name')
  const collations = [...schemata.flat(), ...tables.map((row) => row[3] ?? ''), ...columns.map((row) => row[3] ?? '')]
  for (const [table, schema] of codeTables) {
    collations.push(...(await list('collation_connection', table, schema)).flat())
    if (table !== 'views') collations.push(...(await list('database_collation', table, schema)).flat())
  }
  const indexes =
    session.version.family === 'mysql'
      ? await list(dotted('table', 'index_name'), 'statistics', 'table_schema', ' AND expression IS NOT NULL')
      : []
  const packages = await list(dotted('routine'), 'routines', 'routine_schema', " AND routine_type = 'PACKAGE'")
  return {
    version: session.version,
    tables: tables.map(([name = '', type = '', engine = '']) => ({ name, type, engine })),
    columns: columns.map(([name = '', type = '', extra = '']) => ({ name, type, extra })),
    collations: [...new Set(collations)].filter((name) => name !== '').sort(),
    functionalIndexes: [...new Set(indexes.flat())],
    packages: packages.flat(),
  }
}

const codeTables = [
  ['routines', 'routine_schema'],
  ['triggers', 'trigger_schema'],
  ['events', 'event_schema'],
  ['views', 'table_schema'],
] as const

function dotted(kind: 'table' | 'routine', last?: string): string {
  const parts = [`${kind}_schema`, `${kind}_name`, ...(last === undefined ? [] : [last])]
  return `CONCAT_WS('.', ${parts.join(', ')})`
}

export async function readGoalFacts(session: MysqlConnection, ctx: Context): Promise<GoalFacts> {
  const { family, number } = session.version
  // since MariaDB 10.10 a collation may belong to several character sets, and has its full name only here
  const [column, table] =
    family === 'mariadb' && number >= 101_001
      ? ['full_collation_name', 'collation_character_set_applicability']
      : ['collation_name', 'collations']
  const collations = await session.query(`SELECT ${column} FROM information_schema.${table}`, ctx)
  const engines = await session.query(
    "SELECT engine FROM information_schema.engines WHERE support IN ('YES', 'DEFAULT')",
    ctx,
  )
  const setOf = (rows: typeof engines): ReadonlySet<string> => new Set(rows.map(([name]) => (name ?? '').toLowerCase()))
  return { version: session.version, engines: setOf(engines), collations: setOf(collations) }
}
