import { displayWidth, padColumns } from './display-width.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** Rows under a header and a rule, two blanks between columns. A cell may hold several lines. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  footer: readonly string[] = [],
): string {
  const cells = rows.map((row) => row.map((cell) => cell.split('\n')))
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...cells.flatMap((row) => (row[index] ?? []).map(displayWidth))),
  )
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => padColumns(text, widths[index] ?? 0, columns[index]?.align === 'right' ? 'left' : 'right'))
      .join('  ')
      .trimEnd()
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2))
  const body = cells.flatMap((row) =>
    Array.from({ length: Math.max(1, ...row.map((cell) => cell.length)) }, (_, index) =>
      line(columns.map((_column, at) => row[at]?.[index] ?? '')),
    ),
  )
  return [line(columns.map((column) => column.title)), rule, ...body, rule, ...footer].join('\n')
}
