import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../../connection/connection.ts'
import { isLeftOut } from '../dump-arguments.ts'
import type { DumpSelection } from '../logical-manifest.ts'
import type { DatabaseStructure } from '../read-structure.ts'

export interface SizedTable {
  readonly database: string
  readonly table: string
  /** of its rows, as the server estimates; never 0 */
  readonly sizeBytes: number
  /** the column by whose ranges it can be divided: the first of its primary key, a whole number */
  readonly key?: string
}

/** The tables that are to be dumped, in the order in which a dump has them. */
export async function readTableSizes(
  session: MysqlConnection,
  databases: readonly DatabaseStructure[],
  selection: DumpSelection,
  ctx: Context,
): Promise<SizedTable[]> {
  // MySQL tells what it found within a day
  if (session.version.family === 'mysql') await session.query('SET SESSION information_schema_stats_expiry = 0', ctx)
  const sizes = await session.query('SELECT table_schema, table_name, data_length FROM information_schema.tables', ctx)
  const bytes = new Map(sizes.map(([schema, name, length]) => [JSON.stringify([schema, name]), Number(length ?? 0)]))
  const keys = await readKeys(session, ctx)
  return databases.flatMap(({ name: database, tables }) =>
    tables
      .filter(({ name }) => !isLeftOut(`${database}.${name}`, selection))
      .map(({ name: table, engine }): SizedTable => {
        const id = JSON.stringify([database, table])
        const sizeBytes = Math.max(1, bytes.get(id) ?? 0)
        // others keep no state for those that begin together, so a table of theirs is read in one go
        const key = engine.toLowerCase() === 'innodb' ? keys.get(id) : undefined
        return { database, table, sizeBytes, ...(key === undefined ? {} : { key }) }
      }),
  )
}

async function readKeys(session: MysqlConnection, ctx: Context): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query(
    `SELECT s.table_schema, s.table_name, s.column_name FROM information_schema.statistics s
      JOIN information_schema.columns c USING (table_schema, table_name, column_name)
      WHERE s.index_name = 'PRIMARY' AND s.seq_in_index = 1
      AND c.data_type IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint')`,
    ctx,
  )
  const keys = new Map<string, string>()
  for (const [schema, table, column] of rows) {
    // a condition stands in a comment of the dump, which is one line
    if (typeof column === 'string' && !/[\r\n]/.test(column)) keys.set(JSON.stringify([schema, table]), column)
  }
  return keys
}
