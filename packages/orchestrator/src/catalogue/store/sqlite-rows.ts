import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

export interface PreparedQuery {
  readonly statement: StatementSync
  /** names; none of a statement that returns no rows */
  readonly columns: readonly string[]
}

export function prepareQuery(database: DatabaseSync, text: string): PreparedQuery {
  const statement = database.prepare(text)
  // Rows as lists: the objects that Node makes of them take three times the memory of those that are made here.
  statement.setReturnArrays(true)
  return { statement, columns: statement.columns().map(({ name }) => name) }
}

/** `Row` is the caller's word. */
export function readRows<Row>({ statement, columns }: PreparedQuery, values: readonly SQLInputValue[]): Row[] {
  // boundary: lists, as they were asked for
  const lists = statement.all(...values) as unknown as readonly (readonly unknown[])[]
  return lists.map((list) => {
    const row: Record<string, unknown> = {}
    columns.forEach((name, index) => (row[name] = list[index]))
    return row as Row
  })
}
