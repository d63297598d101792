import type { Context } from '@holdfast/core/context'
import { type CheckOutcome, failed, passed } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { MysqlConnection } from '../connection/connection.ts'
import { quoteIdentifier, quoteLiteral } from '../connection/quote.ts'

interface ForeignKey {
  readonly name: string
  readonly child: string
  readonly parent: string
  readonly columns: { readonly own: string; readonly theirs: string }[]
}

/** Looks for rows that point to nothing: dumps are loaded with the checks switched off. */
export async function checkForeignKeys(
  session: MysqlConnection,
  database: string,
  ctx: Context,
): Promise<CheckOutcome> {
  const keys = await readForeignKeys(session, database, ctx)
  const broken: string[] = []
  for (const key of keys) {
    const orphans = (await session.value(orphansQuery(key), ctx)) ?? '0'
    if (orphans !== '0') broken.push(`${countOf(orphans, 'row')} of ${key.child} against ${key.name}`)
  }
  return broken.length === 0
    ? passed(`${countOf(keys.length, 'foreign key')} without orphans`)
    : failed(broken.join('; '))
}

async function readForeignKeys(session: MysqlConnection, database: string, ctx: Context): Promise<ForeignKey[]> {
  const rows = await session.query(
    `SELECT constraint_name, table_name, column_name, referenced_table_schema, referenced_table_name, referenced_column_name
     FROM information_schema.key_column_usage
     WHERE table_schema = ${quoteLiteral(database)} AND referenced_table_name IS NOT NULL
     ORDER BY table_name, constraint_name, ordinal_position`,
    ctx,
  )
  const keys = new Map<string, ForeignKey>()
  for (const row of rows) {
    const [name = '', table = '', own = '', schema = '', parent = '', theirs = ''] = row.map((value) => value ?? '')
    const found = keys.get(JSON.stringify([table, name])) ?? {
      name,
      child: `${quoteIdentifier(database)}.${quoteIdentifier(table)}`,
      parent: `${quoteIdentifier(schema)}.${quoteIdentifier(parent)}`,
      columns: [],
    }
    found.columns.push({ own, theirs })
    keys.set(JSON.stringify([table, name]), found)
  }
  return [...keys.values()]
}

/** A row with a null among its columns points nowhere. */
function orphansQuery({ child, parent, columns }: ForeignKey): string {
  const concerned = columns.map(({ own }) => `c.${quoteIdentifier(own)} IS NOT NULL`).join(' AND ')
  const equal = columns
    .map(({ own, theirs }) => `p.${quoteIdentifier(theirs)} = c.${quoteIdentifier(own)}`)
    .join(' AND ')
  return `SELECT COUNT(*) FROM ${child} c WHERE ${concerned} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${equal})`
}
