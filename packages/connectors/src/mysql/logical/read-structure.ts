import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'
import { quoteLiteral } from '../connection/quote.ts'

/** Databases of the server itself, which are never dumped. */
const systemDatabases = ['mysql', 'information_schema', 'performance_schema', 'sys']

export interface DatabaseStructure {
  readonly name: string
  readonly characterSet: string
  readonly collation: string
  readonly tables: readonly { readonly name: string; readonly engine: string }[]
  readonly views: readonly string[]
  readonly routines: readonly string[]
  readonly triggers: readonly string[]
  readonly events: readonly string[]
}

/** What there is, in order of names: all databases but the system's. */
export async function readStructure(session: MysqlConnection, ctx: Context): Promise<DatabaseStructure[]> {
  const without = (column: string): string => `${column} NOT IN (${systemDatabases.map(quoteLiteral).join(', ')})`
  const list = async (columns: string, table: string, schema: string, also = ''): Promise<(readonly string[])[]> => {
    const sql = `SELECT ${schema}, ${columns} FROM information_schema.${table} WHERE ${without(schema)}${also} ORDER BY 1, 2`
    return (await session.query(sql, ctx)).map((row) => row.map((value) => value ?? ''))
  }
  const schemata = await list('default_character_set_name, default_collation_name', 'schemata', 'schema_name')
  const tables = await list('table_name, table_type, engine', 'tables', 'table_schema')
  const routines = await list(
    'routine_name, routine_type',
    'routines',
    'routine_schema',
    " AND routine_type IN ('FUNCTION', 'PROCEDURE', 'PACKAGE', 'PACKAGE BODY')",
  )
  const triggers = await list('trigger_name', 'triggers', 'trigger_schema')
  const events = await list('event_name', 'events', 'event_schema')
  return schemata.map(([name = '', characterSet = '', collation = '']) => {
    const own = (rows: (readonly string[])[]): (readonly string[])[] => rows.filter(([schema]) => schema === name)
    return {
      name,
      characterSet,
      collation,
      tables: own(tables)
        .filter(([, , type]) => type !== 'VIEW' && type !== 'SYSTEM VIEW' && type !== 'SEQUENCE')
        .map(([, table = '', , engine = '']) => ({ name: table, engine })),
      views: own(tables)
        .filter(([, , type]) => type === 'VIEW')
        .map(([, view = '']) => view),
      routines: own(routines).map(([, routine = '', type = '']) => `${type.toLowerCase()} ${routine}`),
      triggers: own(triggers).map(([, trigger = '']) => trigger),
      events: own(events).map(([, event = '']) => event),
    }
  })
}

/** Tables whose rows no transaction keeps still. */
export function nonTransactional(databases: readonly DatabaseStructure[]): string[] {
  const still = new Set([
    'innodb',
    'rocksdb',
    'tokudb',
    'ndbcluster',
    'blackhole',
    'partition',
    'federated',
    'connect',
    'spider',
    '',
  ])
  return databases.flatMap(({ name, tables }) => {
    return tables
      .filter(({ engine }) => !still.has(engine.toLowerCase()))
      .map((table) => `${name}.${table.name} (${table.engine})`)
  })
}
