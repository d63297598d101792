import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { type CheckOutcome, failed, passed } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'

/** A relation that the schema does not declare but the data must keep: every value of one column exists in another. */
export interface DeclaredRelation {
  readonly child: ColumnName
  readonly parent: ColumnName
}

/** The last component is the column, what is before it the table, with its schema if that is needed. */
export interface ColumnName {
  /** absent: the only database of the user's own */
  readonly database?: string
  readonly table: readonly string[]
  readonly column: string
}

/** Reads `orders.customer_id -> public.customers.id`, or with the database: `shop:orders.customer_id -> customers.id`. */
export function parseRelation(text: string): DeclaredRelation {
  const [child, parent, ...rest] = text.split('->').map((side) => side.trim())
  if (child === undefined || parent === undefined || rest.length > 0) {
    throw invalid('--relation', text, 'write it as orders.customer_id -> customers.id')
  }
  const relation = { child: parseColumn(child, '--relation'), parent: parseColumn(parent, '--relation') }
  const { database = relation.child.database } = relation.parent
  if (database !== relation.child.database) throw invalid('--relation', text, 'both sides are in one database')
  return relation
}

/** A name is taken as written, without folding of case; in double quotes it may hold dots, colons and spaces. */
const namePattern = String.raw`"(?:[^"]|"")+"|[^".:]+`
const columnPattern = new RegExp(
  String.raw`^(?:(?<database>${namePattern})\s*:\s*)?(?:(?<schema>${namePattern})\.)?(?<table>${namePattern})\.(?<column>${namePattern})$`,
)

/** Reads `users.email`, `schema.users.email` or `database:users.email`. */
export function parseColumn(text: string, option: string): ColumnName {
  const { database, schema, table, column } = columnPattern.exec(text)?.groups ?? {}
  if (table === undefined || column === undefined) {
    throw invalid(option, text, 'name a column with its table, as in users.email or shop:public.users.email')
  }
  return {
    ...(database === undefined ? {} : { database: unquoted(database) }),
    table: [...(schema === undefined ? [] : [unquoted(schema)]), unquoted(table)],
    column: unquoted(column),
  }
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

function invalid(name: string, value: string, reason: string): AppError {
  return new AppError('ARGUMENT_INVALID', { name, value: JSON.stringify(value), reason })
}

export async function checkRelation(
  connection: PostgresConnection,
  { child, parent }: DeclaredRelation,
  ctx: Context,
): Promise<CheckOutcome> {
  const own = `c.${quoteIdentifier(child.column)}`
  const [result] = await connection.query(
    `SELECT count(*), count(*) FILTER (WHERE NOT EXISTS
       (SELECT 1 FROM ${tableName(parent)} p WHERE p.${quoteIdentifier(parent.column)} = ${own}))
     FROM ${tableName(child)} c WHERE ${own} IS NOT NULL`,
    ctx,
  )
  const [rows = '0', orphans = '0'] = (result?.rows[0] ?? []).map((value) => value ?? '0')
  return orphans === '0'
    ? passed(`${countOf(rows, 'row')}, no orphans`)
    : failed(`${orphans} of ${countOf(rows, 'row')} have no parent`)
}

export async function checkUnique(
  connection: PostgresConnection,
  name: ColumnName,
  ctx: Context,
): Promise<CheckOutcome> {
  const column = quoteIdentifier(name.column)
  const [result] = await connection.query(
    `SELECT count(*), count(DISTINCT ${column}) FROM ${tableName(name)} WHERE ${column} IS NOT NULL`,
    ctx,
  )
  const [values = '0', different = '0'] = (result?.rows[0] ?? []).map((value) => value ?? '0')
  return values === different
    ? passed(`${countOf(values, 'value')}, all different`)
    : failed(`${countOf(values, 'value')}, only ${different} of them different`)
}

function tableName({ table }: ColumnName): string {
  return table.map(quoteIdentifier).join('.')
}
