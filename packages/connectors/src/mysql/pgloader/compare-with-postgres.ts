import type { Context } from '@holdfast/core/context'
import { type Check, failed, passed, runCheck } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import { sqlRows } from '../../postgresql/backup/sql-rows.ts'
import type { PostgresConnection } from '../../postgresql/connection/connection.ts'
import * as postgres from '../../postgresql/connection/quote.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import { quoteIdentifier, quoteLiteral } from '../connection/quote.ts'

const shown = 5

export interface MovedDatabase {
  readonly database: string
  readonly tables: readonly string[]
}

/** Counts the rows of every table here and there. */
export async function compareWithPostgres(
  { from, to }: { readonly from: MysqlConnection; readonly to: PostgresConnection },
  { database, tables }: MovedDatabase,
  ctx: Context,
): Promise<Check> {
  const look = async () => {
    const wrong: string[] = []
    let total = 0n
    for (const table of tables) {
      const old = await from.value(`SELECT COUNT(*) FROM ${quoteIdentifier(database)}.${quoteIdentifier(table)}`, ctx)
      const fresh = await countIn(to, database, table, ctx)
      total += BigInt(old ?? 0)
      if (fresh !== old)
        wrong.push(fresh === undefined ? `${table} is not there` : `${table} has ${fresh} rows, not ${old}`)
    }
    if (wrong.length === 0) return passed(`${total} rows in ${countOf(tables.length, 'table')}, as on the old server`)
    return failed(wrong.slice(0, shown).join('; ') + (wrong.length > shown ? ` and ${wrong.length - shown} more` : ''))
  }
  return await runCheck({ name: 'rows', subject: database }, look, ctx)
}

async function countIn(
  to: PostgresConnection,
  schema: string,
  table: string,
  ctx: Context,
): Promise<string | null | undefined> {
  const name = `${postgres.quoteIdentifier(schema)}.${postgres.quoteIdentifier(table)}`
  const [found] = await sqlRows(to, `SELECT to_regclass(${postgres.quoteLiteral(name)}) IS NOT NULL AS there`, ctx)
  if (found?.('there') !== 't') return undefined
  const [row] = await sqlRows(to, `SELECT count(*) AS count FROM ${name}`, ctx)
  return row?.('count')
}

/**
 * Which types became which others, with columns of each: "datetime became timestamp with time zone: item.at". Types that are
 * called differently and hold the same are left out.
 */
export async function readTypeChanges(
  { from, to }: { readonly from: MysqlConnection; readonly to: PostgresConnection },
  { database, tables }: MovedDatabase,
  ctx: Context,
): Promise<string[]> {
  const sql = `SELECT table_name, column_name, column_type FROM information_schema.columns
    WHERE table_schema = ${quoteLiteral(database)} ORDER BY table_name, ordinal_position`
  const now = await sqlRows(
    to,
    `SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, NULL) AS type
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ${postgres.quoteLiteral(database)} AND a.attnum > 0 AND NOT a.attisdropped`,
    ctx,
  )
  const fresh = new Map(now.map((row) => [`${row('table')}.${row('column')}`, row('type') ?? '']))
  const changes = new Map<string, string[]>()
  for (const [table, column, type] of await from.query(sql, ctx)) {
    const name = `${table}.${column}`
    const other = fresh.get(name)
    if (other === undefined || !tables.includes(table ?? '') || isAlike(type ?? '', other)) continue
    const change = `${plainType(type ?? '')} became ${other}`
    changes.set(change, [...(changes.get(change) ?? []), name])
  }
  return [...changes].map(([change, columns]) => {
    const more = columns.length > shown ? ` and ${columns.length - shown} more` : ''
    return `${change}: ${columns.slice(0, shown).join(', ')}${more}`
  })
}

const alike: Readonly<Record<string, readonly string[]>> = {
  int: ['integer', 'bigint'],
  mediumint: ['integer', 'bigint'],
  smallint: ['smallint', 'integer', 'bigint'],
  tinyint: ['smallint', 'integer', 'bigint'],
  bigint: ['bigint'],
  varchar: ['character varying', 'text'],
  char: ['character'],
  decimal: ['numeric'],
  double: ['double precision'],
  float: ['real', 'double precision'],
  tinytext: ['text'],
  mediumtext: ['text'],
  longtext: ['text'],
  text: ['text'],
  blob: ['bytea'],
  tinyblob: ['bytea'],
  mediumblob: ['bytea'],
  longblob: ['bytea'],
  binary: ['bytea'],
  varbinary: ['bytea'],
  date: ['date'],
  timestamp: ['timestamp with time zone'],
  json: ['json', 'jsonb'],
}

function isAlike(old: string, fresh: string): boolean {
  return alike[plainType(old)]?.includes(fresh) ?? false
}

/** "int(10) unsigned" → "int"; a set and an enumeration without their words */
function plainType(type: string): string {
  return /^[a-z]+/.exec(type.toLowerCase())?.[0] ?? type
}
