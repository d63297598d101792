import type { Context } from '@holdfast/core/context'
import { type Check, type CheckOutcome, failed, passed, runCheck } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { Assertion } from '../../postgresql/proof/assertion.ts'
import type { ColumnName, DeclaredRelation } from '../../postgresql/proof/relation-check.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'
import { readStructure } from '../logical/read-structure.ts'
import { checkForeignKeys } from './foreign-keys.ts'

export interface MysqlExpectation {
  readonly assertions: readonly Assertion[]
  /** tables are named with their database, unless there is only one */
  readonly relations: readonly DeclaredRelation[]
  readonly unique: readonly ColumnName[]
}

const shown = 5

/** Looks at everything in a restored server: whether tables can be read, what points to nothing, what the user asks. */
export async function* verifyDatabases(
  session: MysqlConnection,
  expectation: MysqlExpectation,
  ctx: Context,
): AsyncGenerator<Check, void, undefined> {
  const databases = await readStructure(session, ctx)
  for (const { name, tables } of databases) {
    const names = tables.map((table) => table.name)
    yield await runCheck({ name: 'tables', subject: name }, () => checkTables(session, name, names, ctx), ctx)
    yield await runCheck({ name: 'foreign-keys', subject: name }, () => checkForeignKeys(session, name, ctx), ctx)
  }
  const only = databases.length === 1 ? databases[0]?.name : undefined
  for (const assertion of expectation.assertions) {
    yield await runCheck(
      { name: 'assertion', subject: assertion.database ?? only ?? '' },
      () => ask(session, assertion, only, ctx),
      ctx,
    )
  }
  for (const relation of expectation.relations) {
    yield await runCheck(
      { name: 'relation', subject: relation.child.table.join('.') },
      () => checkRelation(session, relation, only, ctx),
      ctx,
    )
  }
  for (const column of expectation.unique) {
    yield await runCheck(
      { name: 'unique', subject: column.table.join('.') },
      () => checkUnique(session, column, only, ctx),
      ctx,
    )
  }
}

/** CHECK TABLE reads every page and index. */
async function checkTables(
  session: MysqlConnection,
  database: string,
  tables: readonly string[],
  ctx: Context,
): Promise<CheckOutcome> {
  const wrong: string[] = []
  for (const table of tables) {
    const rows = await session.query(`CHECK TABLE ${quoteIdentifier(database)}.${quoteIdentifier(table)}`, ctx)
    for (const [, , type, text] of rows) {
      const isFine = type === 'note' || (type === 'status' && (text === 'OK' || text === 'Table is already up to date'))
      if (!isFine) wrong.push(`${table}: ${text}`)
    }
  }
  if (wrong.length === 0) return passed(`${countOf(tables.length, 'table')} checked, every page and index`)
  return failed(wrong.slice(0, shown).join('; '))
}

/** True when the query gives at least one row and nothing in them is other than true. It cannot change anything. */
async function ask(
  session: MysqlConnection,
  { sql, database }: Assertion,
  only: string | undefined,
  ctx: Context,
): Promise<CheckOutcome> {
  const chosen = database ?? only
  if (chosen !== undefined) await session.query(`USE ${quoteIdentifier(chosen)}`, ctx)
  await session.query('START TRANSACTION READ ONLY', ctx)
  try {
    const rows = await session.query(sql, ctx)
    if (rows.length === 0) return failed(`no row: ${sql}`)
    const wrong = rows.find((row) => row.some((value) => value === null || value === '0' || value === ''))
    return wrong === undefined
      ? passed(`true: ${sql}`)
      : failed(`${wrong.map((value) => value ?? 'null').join(', ')} instead of true: ${sql}`)
  } finally {
    await session.query('ROLLBACK', ctx)
  }
}

async function checkRelation(
  session: MysqlConnection,
  { child, parent }: DeclaredRelation,
  only: string | undefined,
  ctx: Context,
): Promise<CheckOutcome> {
  const own = `c.${quoteIdentifier(child.column)}`
  const sql = `SELECT COUNT(*) FROM ${tableName(child, only)} c WHERE ${own} IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM ${tableName(parent, only)} p WHERE p.${quoteIdentifier(parent.column)} = ${own})`
  const orphans = await session.value(sql, ctx)
  return orphans === '0' ? passed('no orphans') : failed(`${countOf(orphans ?? '?', 'row')} without parent`)
}

async function checkUnique(
  session: MysqlConnection,
  name: ColumnName,
  only: string | undefined,
  ctx: Context,
): Promise<CheckOutcome> {
  const column = quoteIdentifier(name.column)
  const sql = `SELECT COUNT(${column}), COUNT(DISTINCT ${column}) FROM ${tableName(name, only)}`
  const [[values = '0', different = '0'] = []] = await session.query(sql, ctx)
  return values === different
    ? passed(`${countOf(values ?? '0', 'value')}, all different`)
    : failed(`${countOf(values ?? '0', 'value')}, only ${different} of them different`)
}

function tableName({ database, table }: ColumnName, only: string | undefined): string {
  const schema = database ?? only
  const parts = table.length === 1 && schema !== undefined ? [schema, ...table] : table
  return parts.map(quoteIdentifier).join('.')
}
