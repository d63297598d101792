/** PostgreSQL takes 65 535 parameters a statement, SQLite 32 766; the widest table has 25 columns. */
const rowsAStatement = 1000

/** Cuts a list of rows into what one INSERT takes. */
export function* rowGroups<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += rowsAStatement) yield rows.slice(start, start + rowsAStatement)
}
