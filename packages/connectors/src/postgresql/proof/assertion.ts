import type { Context } from '@holdfast/core/context'
import { type CheckOutcome, failed, passed } from '@holdfast/core/proof/check'
import type { PostgresConnection } from '../connection/connection.ts'

/** A query of the user's own whose every row and column must be true. */
export interface Assertion {
  readonly sql: string
  /** database it runs in; undefined runs it in the only database that is not a template or "postgres" */
  readonly database?: string
}

/** Reads `SELECT …` or `shop: SELECT …`, where "shop" is the database; other characters than letters in double quotes. */
export function parseAssertion(text: string): Assertion {
  const match = /^\s*(?:"((?:[^"]|"")+)"|([\p{L}\p{N}_$-]+))\s*:(?!:)\s*(\S[\s\S]*)$/u.exec(text)
  if (match === null) return { sql: text.trim() }
  return { database: match[1]?.replaceAll('""', '"') ?? match[2] ?? '', sql: (match[3] ?? '').trim() }
}

/** True when the query gives at least one row and nothing in them is other than true. It cannot change anything. */
export async function checkAssertion(
  connection: PostgresConnection,
  { sql }: Assertion,
  ctx: Context,
): Promise<CheckOutcome> {
  await connection.query('BEGIN READ ONLY', ctx)
  try {
    const result = (await connection.query(sql, ctx)).at(-1)
    const rows = result?.rows ?? []
    if (rows.length === 0) return failed(`no row: ${sql}`)
    const wrong = rows.find((row) => row.some((value) => value !== 't'))
    return wrong === undefined
      ? passed(`true: ${sql}`)
      : failed(`${wrong.map((value) => value ?? 'null').join(', ')} instead of true: ${sql}`)
  } finally {
    await connection.query('ROLLBACK', ctx)
  }
}
