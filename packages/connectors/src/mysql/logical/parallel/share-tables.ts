import type { SizedTable } from './table-size.ts'

/** A table, and which shares of the work it falls into: one piece, or several of its rows in the order of its key. */
export interface SharedTable {
  readonly table: SizedTable
  /** the share of each */
  readonly pieces: readonly number[]
}

/** A table that is smaller than this part of a share stays whole, and no piece is smaller than the second part. */
const [leastDivided, leastPiece] = [0.5, 0.1]

/**
 * Divides the tables, in the order in which a dump has them, into shares of about the same size: what follows each other
 * stays together, so that the dump's files have one order however the work was divided.
 */
export function shareTables(tables: readonly SizedTable[], shares: number): SharedTable[] {
  const fair = tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / shares
  let start = 0
  return tables.map((table) => {
    const pieces = piecesOf(table, start, { fair, shares })
    start += table.sizeBytes
    return { table, pieces }
  })
}

function piecesOf(
  { sizeBytes, key }: SizedTable,
  start: number,
  { fair, shares }: { readonly fair: number; readonly shares: number },
): number[] {
  const end = start + sizeBytes
  const cuts: number[] = []
  if (key !== undefined && sizeBytes >= fair * leastDivided) {
    for (let cut = (Math.floor(start / fair) + 1) * fair; cut < end; cut += fair) {
      if (Math.min(cut - start, end - cut) >= fair * leastPiece) cuts.push(cut)
    }
  }
  return [start, ...cuts].map((from, position) => {
    const middle = (from + (cuts[position] ?? end)) / 2
    return Math.min(shares - 1, Math.floor(middle / fair))
  })
}
