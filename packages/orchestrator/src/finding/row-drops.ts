import { parseMarkFields } from '../catalogue/mark-fields.ts'

/** Exact rows by table: "shop.public.orders" → 12 500. */
export type TableRows = ReadonlyMap<string, number>

export interface RowDrop {
  readonly table: string
  readonly before: number
  readonly now: number
}

/** mark `row-drops/<source>`: the tables that lost the largest part since the backup before; absent when none did */
export interface RowDrops {
  readonly at: Date
  readonly beforeAt: Date
  /** largest part first */
  readonly drops: readonly RowDrop[]
}

/** A mark stays small; who lost the most is what counts. */
const dropsAtMost = 20
/** Of a handful of rows, half are soon gone. */
const leastRowsGone = 100

/**
 * Tables that have far fewer rows than before. One that is gone altogether counts only where no new one has come: tables
 * are renamed, and partitions of a year go when those of the next come.
 */
export function findRowDrops(before: TableRows, now: TableRows): RowDrop[] {
  const isRenewed = [...now.keys()].some((table) => !before.has(table))
  return [...before]
    .filter(([table]) => now.has(table) || !isRenewed)
    .map(([table, rows]) => ({ table, before: rows, now: now.get(table) ?? 0 }))
    .filter((drop) => drop.before - drop.now >= leastRowsGone)
    .toSorted((a, b) => a.now / a.before - b.now / b.before || b.before - a.before)
    .slice(0, dropsAtMost)
}

export function rowDropsKey(source: string): string {
  return `row-drops/${source}`
}

export function parseRowDrops(value: string | undefined): RowDrops | undefined {
  const fields = parseMarkFields(value)
  const [at, beforeAt, drops] = [fields?.date('at'), fields?.date('beforeAt'), fields?.value('drops')]
  if (at === undefined || beforeAt === undefined || !Array.isArray(drops)) return undefined
  return { at, beforeAt, drops: drops.flatMap(parseDrop) }
}

function parseDrop(drop: unknown): RowDrop[] {
  const fields = parseMarkFields(JSON.stringify(drop))
  const [table, before, now] = [fields?.text('table'), fields?.number('before'), fields?.number('now')]
  return table === undefined || before === undefined || now === undefined ? [] : [{ table, before, now }]
}
