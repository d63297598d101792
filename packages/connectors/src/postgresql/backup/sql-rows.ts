import type { Context } from '@holdfast/core/context'
import type { PostgresConnection } from '../connection/connection.ts'

export type SqlRow = (column: string) => string | null

/** The rows of the last statement of the text; a row gives its values by the name of the column. */
export async function sqlRows(connection: PostgresConnection, sql: string, ctx: Context): Promise<readonly SqlRow[]> {
  const result = (await connection.query(sql, ctx)).at(-1)
  if (result === undefined) return []
  return result.rows.map((row) => (column) => {
    const index = result.columns.indexOf(column)
    if (index === -1) throw new Error(`the statement has no column ${column}`)
    return row[index] ?? null
  })
}

/** The one row of a statement that has exactly one. */
export async function sqlRow(connection: PostgresConnection, sql: string, ctx: Context): Promise<SqlRow> {
  const [row] = await sqlRows(connection, sql, ctx)
  if (row === undefined) throw new Error(`the statement has no row: ${sql}`)
  return row
}
