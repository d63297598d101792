import type { Context } from '@holdfast/core/context'
import { type Check, failed, passed, runCheck } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import { sqlRows } from '../../postgresql/backup/sql-rows.ts'
import type { PostgresConnection } from '../../postgresql/connection/connection.ts'
import * as postgres from '../../postgresql/connection/quote.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import { quoteLiteral } from '../connection/quote.ts'
import type { MovedDatabase } from './compare-with-postgres.ts'

const shown = 5

/** Whether every table has as many keys as it had: rows are all there also when pgloader made none of them. */
export async function compareKeys(
  { from, to }: { readonly from: MysqlConnection; readonly to: PostgresConnection },
  { database, tables }: MovedDatabase,
  ctx: Context,
): Promise<Check> {
  const look = async () => {
    const old = await mysqlKeys(from, database, ctx)
    const fresh = await postgresKeys(to, database, ctx)
    const own = [...old].filter(([key]) => tables.some((table) => key.endsWith(` of ${table}`)))
    const wrong = own.filter(([key, count]) => (fresh.get(key) ?? 0) < count)
    const total = own.reduce((sum, [, count]) => sum + count, 0)
    if (wrong.length === 0) return passed(`${countOf(total, 'key')} of tables, as on the old server`)
    const list = wrong.slice(0, shown).map(([key, count]) => `${key}: ${fresh.get(key) ?? 0}, not ${count}`)
    return failed(list.join('; ') + (wrong.length > shown ? ` and ${wrong.length - shown} more` : ''))
  }
  return await runCheck({ name: 'keys', subject: database }, look, ctx)
}

/** How many of a kind a table has, by "unique keys of orders". */
async function mysqlKeys(from: MysqlConnection, database: string, ctx: Context): Promise<Map<string, number>> {
  const here = quoteLiteral(database)
  // what they index besides has no counterpart in every case
  const unique = `SELECT table_name, COUNT(DISTINCT index_name) FROM information_schema.statistics
    WHERE table_schema = ${here} AND non_unique = 0 AND index_type = 'BTREE' GROUP BY table_name`
  const foreign = `SELECT table_name, COUNT(*) FROM information_schema.referential_constraints
    WHERE constraint_schema = ${here} GROUP BY table_name`
  const keys = new Map<string, number>()
  for (const [table, count] of await from.query(unique, ctx)) keys.set(`unique keys of ${table}`, Number(count))
  for (const [table, count] of await from.query(foreign, ctx)) keys.set(`foreign keys of ${table}`, Number(count))
  return keys
}

async function postgresKeys(to: PostgresConnection, schema: string, ctx: Context): Promise<Map<string, number>> {
  const here = postgres.quoteLiteral(schema)
  const rows = await sqlRows(
    to,
    `SELECT 'unique keys of ' || c.relname AS key, count(*) AS count
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${here} AND i.indisunique GROUP BY 1
     UNION ALL
     SELECT 'foreign keys of ' || c.relname, count(*)
      FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${here} AND f.contype = 'f' GROUP BY 1`,
    ctx,
  )
  return new Map(rows.map((row) => [row('key') ?? '', Number(row('count'))]))
}
