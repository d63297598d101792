import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../../connection/connection.ts'
import { quoteIdentifier } from '../../connection/quote.ts'

export interface KeyUnits {
  /** a power of two */
  readonly width: bigint
  /** of `width`: the first one begins at or below the smallest key */
  readonly first: bigint
  readonly count: number
}

/**
 * Between three quarters and one and a half times as many steps of a key's range as wanted. They stay where they are while keys are
 * added, until the range has doubled: a program breaks its statements by their length, so that all that follows a border
 * that has moved would be other bytes.
 */
export function keyUnits(smallest: bigint, largest: bigint, wanted: number): KeyUnits {
  const most = Math.ceil(wanted * 1.5)
  for (let width = 1n; ; width *= 2n) {
    const first = floorDivide(smallest, width)
    const count = floorDivide(largest, width) - first + 1n
    if (count <= BigInt(most)) return { width, first, count: Number(count) }
  }
}

/**
 * Keys at which pieces begin: each unit that holds rows is one.
 * @param weights rows of each unit, estimated
 */
export function bordersOf({ width, first }: Pick<KeyUnits, 'width' | 'first'>, weights: readonly number[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const begins = weights.flatMap((weight, at) => (holdsRows(weight, total) ? [(first + BigInt(at)) * width] : []))
  // what comes before the second one goes with the first
  return begins.slice(1)
}

/** Estimates are never 0, and a few rows need no program. */
function holdsRows(weight: number, total: number): boolean {
  return weight * 1000 > total
}

/** First and last unit of those that hold nearly all rows, when they are less than half of all units. */
export function crowdedSpan(weights: readonly number[]): readonly [number, number] | undefined {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const holds = (weight: number): boolean => holdsRows(weight, total)
  const [first, last] = [weights.findIndex(holds), weights.findLastIndex(holds)]
  return first < 0 || (last - first + 1) * 2 >= weights.length ? undefined : [first, last]
}

/** Asks the server, by estimates alone, where the rows lie; no border when they cannot be told apart. */
export async function readKeyBorders(
  session: MysqlConnection,
  { database, table, key }: { readonly database: string; readonly table: string; readonly key: string },
  wanted: number,
  ctx: Context,
): Promise<bigint[]> {
  const [name, column] = [`${quoteIdentifier(database)}.${quoteIdentifier(table)}`, quoteIdentifier(key)]
  const [[least, most] = []] = await session.query(`SELECT MIN(${column}), MAX(${column}) FROM ${name}`, ctx)
  if (typeof least !== 'string' || typeof most !== 'string') return []
  let [smallest, largest] = [BigInt(least), BigInt(most)]
  for (;;) {
    const units = keyUnits(smallest, largest, wanted)
    const weights: number[] = []
    for (let at = 0; at < units.count; at++) {
      const from = (units.first + BigInt(at)) * units.width
      const where = `${column} >= ${from} AND ${column} < ${from + units.width}`
      const sql = `EXPLAIN SELECT ${column} FROM ${name} FORCE INDEX (PRIMARY) WHERE ${where}`
      // where no row can be there is no number
      weights.push(Number((await session.record(sql, ctx))?.get('rows') ?? 0))
    }
    const crowded = units.width > 1n ? crowdedSpan(weights) : undefined
    if (crowded === undefined) return bordersOf(units, weights)
    // the few rows outside go with the first and the last piece
    smallest = (units.first + BigInt(crowded[0])) * units.width
    largest = (units.first + BigInt(crowded[1]) + 1n) * units.width - 1n
  }
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}
