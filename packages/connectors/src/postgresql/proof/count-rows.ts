import type { Context } from '@holdfast/core/context'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'

/** Exact number of rows of one table; `table` is "schema"."table" as SQL. Figures are text: they may exceed 2^53. */
export interface TableRows {
  readonly table: string
  readonly rows: string
}

/** Ordinary tables, not those of the system; a partitioned table is counted through its partitions. */
const tablesQuery = `
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_toast'
ORDER BY 1, 2`
const tablesAtOnce = 100

/** Counts every row of every table, which also reads every page of them. Run it in one transaction for figures that agree. */
export async function countRows(connection: PostgresConnection, ctx: Context): Promise<TableRows[]> {
  const [tables] = await connection.query(tablesQuery, ctx)
  const names = (tables?.rows ?? []).map(
    ([schema, table]) => `${quoteIdentifier(schema ?? '')}.${quoteIdentifier(table ?? '')}`,
  )
  const counted: TableRows[] = []
  for (let start = 0; start < names.length; start += tablesAtOnce) {
    const some = names.slice(start, start + tablesAtOnce)
    const results = await connection.query(some.map((name) => `SELECT count(*) FROM ${name}`).join(';'), ctx)
    counted.push(...some.map((table, i) => ({ table, rows: results[i]?.rows[0]?.[0] ?? '0' })))
    ctx.emit({
      type: 'work.progressed',
      work: 'counting rows',
      unit: 'tables',
      done: counted.length,
      total: names.length,
    })
  }
  return counted
}
