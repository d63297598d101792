import type { Context } from '@holdfast/core/context'
import { type Check, failed, passed, runCheck } from '@holdfast/core/proof/check'
import type { MysqlConnection } from '../../connection/connection.ts'
import { quoteIdentifier } from '../../connection/quote.ts'
import type { DatabaseFingerprint } from '../logical-manifest.ts'
import { readStructure } from '../read-structure.ts'

const shown = 5

/** Compares a restored database with what was dumped: every table's rows, and what belongs to it by name. */
export async function compareWithFingerprint(
  session: MysqlConnection,
  database: string,
  expected: DatabaseFingerprint,
  tables: readonly string[],
  ctx: Context,
): Promise<Check[]> {
  const own = tables.length === 0 ? expected.tables : expected.tables.filter(({ name }) => tables.includes(name))
  const checks = [
    await runCheck({ name: 'rows', subject: database }, () => compareRows(session, database, own, ctx), ctx),
  ]
  if (tables.length > 0) return checks
  const structure = (await readStructure(session, ctx)).find(({ name }) => name === database)
  for (const kind of ['views', 'routines', 'triggers', 'events'] as const) {
    const look = async () => compareNames(expected[kind], structure?.[kind] ?? [])
    if (expected[kind].length > 0) checks.push(await runCheck({ name: kind, subject: database }, look, ctx))
  }
  return checks
}

async function compareRows(
  session: MysqlConnection,
  database: string,
  tables: DatabaseFingerprint['tables'],
  ctx: Context,
) {
  const wrong: string[] = []
  let total = 0n
  for (const { name, rows } of tables) {
    const sql = `SELECT COUNT(*) FROM ${quoteIdentifier(database)}.${quoteIdentifier(name)}`
    const found = await session.value(sql, ctx)
    total += BigInt(found ?? 0)
    if (found !== rows) wrong.push(`${name} has ${found} rows, not ${rows}`)
  }
  if (wrong.length === 0) return passed(`${total} rows in ${tables.length} tables, as dumped`)
  return failed(wrong.slice(0, shown).join('; ') + (wrong.length > shown ? ` and ${wrong.length - shown} more` : ''))
}

export function compareNames(expected: readonly string[], found: readonly string[]) {
  const missing = expected.filter((name) => !found.includes(name))
  if (missing.length === 0) return passed(`all ${expected.length} are there`)
  return failed(`missing: ${missing.slice(0, shown).join(', ')}${missing.length > shown ? ' …' : ''}`)
}
