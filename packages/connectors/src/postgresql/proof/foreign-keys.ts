import type { Context } from '@holdfast/core/context'
import { type CheckOutcome, failed, passed } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'

/** A foreign key as the catalogue describes it; names as SQL. */
interface ForeignKey {
  readonly name: string
  readonly child: string
  readonly parent: string
  readonly childColumns: readonly string[]
  readonly parentColumns: readonly string[]
  readonly matchesFull: boolean
}

/** Constraints of partitions follow from that of the partitioned table; NOT VALID ones promise nothing. */
const foreignKeysQuery = `
SELECT c.conname, c.conrelid::regclass::text, c.confrelid::regclass::text, c.confmatchtype,
       (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(attnum, n)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
       (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(c.confkey) WITH ORDINALITY k(attnum, n)
          JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum)
FROM pg_constraint c WHERE c.contype = 'f' AND c.convalidated AND c.conparentid = 0
ORDER BY 2, 1`

/** Looks for rows that point to nothing, constraint by constraint: what the constraint promises is not believed. */
export async function checkForeignKeys(connection: PostgresConnection, ctx: Context): Promise<CheckOutcome> {
  const keys = await readForeignKeys(connection, ctx)
  const broken: string[] = []
  for (const key of keys) {
    const [result] = await connection.query(orphansQuery(key), ctx)
    const orphans = result?.rows[0]?.[0] ?? '0'
    if (orphans !== '0')
      broken.push(`${countOf(orphans, 'row')} of ${key.child} ${orphans === '1' ? 'breaks' : 'break'} ${key.name}`)
  }
  return broken.length === 0
    ? passed(`${countOf(keys.length, 'foreign key')} ${keys.length === 1 ? 'holds' : 'hold'} for every row`)
    : failed(broken.join('; '))
}

async function readForeignKeys(connection: PostgresConnection, ctx: Context): Promise<ForeignKey[]> {
  const [result] = await connection.query(foreignKeysQuery, ctx)
  return (result?.rows ?? []).map(([name, child, parent, match, childColumns, parentColumns]) => ({
    name: name ?? '',
    child: child ?? '',
    parent: parent ?? '',
    // boundary: json_agg of names is a JSON array of text
    childColumns: JSON.parse(childColumns ?? '[]') as string[],
    parentColumns: JSON.parse(parentColumns ?? '[]') as string[],
    matchesFull: match === 'f',
  }))
}

/** MATCH SIMPLE lets a row with any null pass, MATCH FULL only one with nothing but nulls. */
function orphansQuery({ child, parent, childColumns, parentColumns, matchesFull }: ForeignKey): string {
  const own = childColumns.map((column) => `c.${quoteIdentifier(column)}`)
  const equal = own.map((column, i) => `p.${quoteIdentifier(parentColumns[i] ?? '')} = ${column}`).join(' AND ')
  const concerned = own.map((column) => `${column} IS NOT NULL`).join(matchesFull ? ' OR ' : ' AND ')
  return `SELECT count(*) FROM ${child} c WHERE (${concerned}) AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${equal})`
}
