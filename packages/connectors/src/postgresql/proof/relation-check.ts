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
  readonly table: readonly string[]
  readonly column: string
}

/** Reads `orders.customer_id -> public.customers.id`. Names are taken as written, without folding of case. */
export function parseRelation(text: string): DeclaredRelation {
  const [child, parent, ...rest] = text.split('->').map((side) => side.trim())
  if (child === undefined || parent === undefined || rest.length > 0) {
    throw invalid('--relation', text, 'write it as orders.customer_id -> customers.id')
  }
  return { child: parseColumn(child, '--relation'), parent: parseColumn(parent, '--relation') }
}

/** Reads `users.email` or `schema.users.email`. */
export function parseColumn(text: string, option: string): ColumnName {
  const components = text.split('.')
  const column = components.pop()
  if (
    column === undefined ||
    column === '' ||
    components.length < 1 ||
    components.length > 2 ||
    components.includes('')
  ) {
    throw invalid(option, text, 'name a column with its table, as in users.email or shop.users.email')
  }
  return { table: components, column }
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
