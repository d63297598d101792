import type { Context } from '@holdfast/core/context'
import type { Check } from '@holdfast/core/proof/check'
import { connectMysql } from '../../connection/connect.ts'
import type { MysqlConnection } from '../../connection/connection.ts'
import { quoteIdentifier } from '../../connection/quote.ts'
import { bareViews } from './bare-views.ts'
import { compareWithFingerprint } from './compare-fingerprint.ts'
import { loadSql } from './load-sql.ts'
import type { DatabaseStep, LogicalFiles, LogicalRestorePlan, LogicalRestoreReport } from './logical-restore.ts'
import { restoreUsers } from './restore-users.ts'
import { selectSql } from './select-sql.ts'

/**
 * Does what the plan says: accounts, then one database after the other, then the views of all of them. A difference to what
 * was dumped is a failed check in the result. Fails with MYSQL_RESTORE_FAILED, MYSQL_PACKET_TOO_LARGE.
 */
export async function restoreLogical(
  files: LogicalFiles,
  plan: LogicalRestorePlan,
  ctx: Context,
): Promise<LogicalRestoreReport> {
  const { request, steps } = plan
  const warnings: string[] = [...plan.warnings]
  await using session = await connectMysql(request.target, ctx)
  const users = request.users ? await files.users(ctx) : undefined
  const accounts = users && (await restoreUsers(session, users, ctx))
  warnings.push(...(accounts?.warnings ?? []))
  for (const step of steps) {
    await makeRoom(session, step, ctx)
    const sql = selectSql(files.database(step.fingerprint.name, ctx), {
      tables: step.tables,
      ...(step.into === step.fingerprint.name ? {} : { withoutName: step.fingerprint.name }),
    })
    warnings.push(...(await load(plan, step, sql, ctx)))
  }
  for (const step of steps) {
    const views = await files.views(step.fingerprint.name, ctx)
    // a table that was chosen comes without views of it
    if (views === undefined || step.tables.length > 0) continue
    const { name } = step.fingerprint
    const fitting = step.into === name ? views : bareViews(views, name)
    warnings.push(...(await load(plan, step, selectSql(fitting, { tables: [] }), ctx)))
  }
  const checks: Check[] = accounts === undefined ? [] : [accounts.check]
  for (const { into, fingerprint, tables } of steps) {
    checks.push(...(await compareWithFingerprint(session, into, fingerprint, tables, ctx)))
  }
  return { checks, warnings }
}

async function makeRoom(
  session: MysqlConnection,
  { into, isReplaced, isKept, replacedTables, fingerprint }: DatabaseStep,
  ctx: Context,
): Promise<void> {
  if (isKept) {
    if (replacedTables.length === 0) return
    const names = replacedTables.map((table) => `${quoteIdentifier(into)}.${quoteIdentifier(table)}`)
    // other tables may point at them, and will at those that come
    await session.query('SET SESSION foreign_key_checks = 0', ctx)
    await session.query(`DROP TABLE ${names.join(', ')}`, ctx)
    await session.query('SET SESSION foreign_key_checks = 1', ctx)
    return
  }
  if (isReplaced) await session.query(`DROP DATABASE ${quoteIdentifier(into)}`, ctx)
  const { characterSet, collation } = fingerprint
  const like =
    /^\w+$/.test(characterSet) && /^\w+$/.test(collation) ? ` CHARACTER SET ${characterSet} COLLATE ${collation}` : ''
  await session.query(`CREATE DATABASE ${quoteIdentifier(into)}${like}`, ctx)
}

async function load(
  { request, tool, host }: LogicalRestorePlan,
  { into, fingerprint }: DatabaseStep,
  sql: AsyncIterable<Uint8Array>,
  ctx: Context,
): Promise<readonly string[]> {
  const { target, client } = request
  const what = `${JSON.stringify(fingerprint.name)} into ${JSON.stringify(into)}`
  return await loadSql({ tool, target, client, host, what }, within(into, sql), ctx)
}

async function* within(database: string, sql: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(`USE ${quoteIdentifier(database)};\n`)
  yield* sql
}
