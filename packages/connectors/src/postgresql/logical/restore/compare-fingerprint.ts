import type { Context } from '@holdfast/core/context'
import { type Check, type CheckOutcome, failed, passed, runCheck } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import { sqlRow, sqlRows } from '../../backup/sql-rows.ts'
import type { PostgresConnection } from '../../connection/connection.ts'
import { quoteIdentifier } from '../../connection/quote.ts'
import type { DatabaseFingerprint } from '../logical-manifest.ts'
import { countLargeObjects, countTables } from '../read-fingerprint.ts'

export type ExpectedContent = Pick<DatabaseFingerprint, 'tables' | 'sequences' | 'extensions'> & {
  /** undefined: large objects were not restored */
  readonly largeObjects?: number
}

/** Holds a restored database against what was recorded when it was dumped. */
export async function compareWithFingerprint(
  session: PostgresConnection,
  subject: string,
  expected: ExpectedContent,
  ctx: Context,
): Promise<Check[]> {
  const { largeObjects } = expected
  const looks: [name: string, look: () => Promise<CheckOutcome>][] = [
    ['rows', () => compareRows(session, expected, ctx)],
    ['sequences', () => compareSequences(session, expected, ctx)],
    ...(largeObjects === undefined
      ? []
      : [['large-objects', () => compareLargeObjects(session, largeObjects, ctx)] satisfies [string, unknown]]),
    ['extensions', () => compareExtensions(session, expected, ctx)],
  ]
  const checks: Check[] = []
  for (const [name, look] of looks) checks.push(await runCheck({ name, subject }, look, ctx))
  return checks
}

async function compareRows(session: PostgresConnection, { tables }: ExpectedContent, ctx: Context) {
  const checksums = tables.some(({ checksum }) => checksum !== undefined)
  const counted = await countTables(session, tables, { checksums }, ctx)
  const wrong = tables.flatMap(({ schema, name, rows, checksum }, i) => {
    const found = counted[i]
    if (found?.rows !== rows) return [`${schema}.${name} has ${countOf(found?.rows ?? 'no', 'row')} instead of ${rows}`]
    const differs = checksum !== undefined && found.checksum !== checksum
    return differs ? [`${schema}.${name} has other content: checksum ${found.checksum} instead of ${checksum}`] : []
  })
  const total = tables.reduce((sum, { rows }) => sum + BigInt(rows), 0n)
  const equal = checksums ? 'equal in number and content' : 'as many as when it was backed up'
  return wrong.length === 0
    ? passed(`${countOf(total, 'row')} in ${countOf(tables.length, 'table')}, ${equal}`)
    : failed(wrong.slice(0, 20).join('; '))
}

async function compareSequences(session: PostgresConnection, { sequences }: ExpectedContent, ctx: Context) {
  const wrong: string[] = []
  for (const { schema, name, value, isCalled } of sequences) {
    const sql = `SELECT last_value AS value, is_called AS called FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
    const row = await sqlRow(session, sql, ctx)
    if (row('value') !== value || (row('called') === 't') !== isCalled) {
      wrong.push(`${schema}.${name} is at ${row('value')} instead of ${value}`)
    }
  }
  return wrong.length === 0
    ? passed(
        sequences.length === 1
          ? '1 sequence goes on where it was'
          : `${sequences.length} sequences go on where they were`,
      )
    : failed(wrong.slice(0, 20).join('; '))
}

async function compareLargeObjects(session: PostgresConnection, expected: number, ctx: Context) {
  const found = await countLargeObjects(session, ctx)
  return found === expected
    ? passed(countOf(found, 'large object'))
    : failed(`${countOf(found, 'large object')} instead of ${expected}`)
}

async function compareExtensions(session: PostgresConnection, { extensions }: ExpectedContent, ctx: Context) {
  const rows = await sqlRows(session, 'SELECT extname AS name, extversion AS version FROM pg_extension', ctx)
  const found = new Map(rows.map((row) => [row('name'), row('version')]))
  const missing = extensions.filter(({ name }) => !found.has(name)).map(({ name }) => name)
  const newer = extensions
    .filter(({ name, version }) => found.has(name) && found.get(name) !== version)
    .map(({ name, version }) => `${name} is ${found.get(name)}, was ${version}`)
  if (missing.length > 0) return failed(`missing: ${missing.join(', ')}`)
  return passed([countOf(extensions.length, 'extension'), ...newer].join('; '))
}
