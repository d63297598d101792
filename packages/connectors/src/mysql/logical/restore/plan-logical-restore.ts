import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { findMysqlTool } from '../../client/mysql-tool.ts'
import { connectMysql } from '../../connection/connect.ts'
import { quoteLiteral } from '../../connection/quote.ts'
import type { MysqlConnection } from '../../connection/connection.ts'
import { describeVersion } from '../../connection/server-version.ts'
import type { DatabaseFingerprint, LogicalManifest } from '../logical-manifest.ts'
import type { DatabaseStep, LogicalRestorePlan, LogicalRestoreRequest } from './logical-restore.ts'

/**
 * Looks what a restore would do. Changes nothing. Fails with BACKUP_PART_UNKNOWN, MYSQL_DATABASE_EXISTS, MYSQL_TABLE_EXISTS,
 * MYSQL_TOOL_MISSING, OPTIONS_CONFLICT and the codes of connections.
 */
export async function planLogicalRestore(
  manifest: LogicalManifest,
  request: LogicalRestoreRequest,
  ctx: Context,
): Promise<LogicalRestorePlan> {
  const chosen = chooseDatabases(manifest, request)
  await using session = await connectMysql(request.target, ctx)
  const tool = await findMysqlTool('client', session.version.family, request.client, ctx)
  const rows = await session.query('SELECT schema_name FROM information_schema.schemata', ctx)
  const there = new Set(rows.map(([name]) => name))
  const steps: DatabaseStep[] = []
  for (const fingerprint of chosen) {
    const into = request.into ?? fingerprint.name
    const isThere = there.has(into)
    const isKept = isThere && request.tables.length > 0
    const replacedTables = isKept ? await chooseReplaced(session, into, request, ctx) : []
    if (isThere && !isKept && request.replaces !== 'all' && !request.replaces.includes(into)) {
      throw new AppError('MYSQL_DATABASE_EXISTS', { database: JSON.stringify(into), host: session.host })
    }
    steps.push({ fingerprint, into, isReplaced: isThere && !isKept, isKept, replacedTables, tables: request.tables })
  }
  return {
    request,
    host: session.host,
    serverVersion: describeVersion(session.version),
    tool,
    steps,
    dumpBytes: steps.reduce((sum, { fingerprint }) => sum + fingerprint.bytes, 0),
    warnings: await warningsOf(manifest, request, session, ctx),
  }
}

/** Those of the chosen tables that are there already. A database is never dropped for a table. */
async function chooseReplaced(
  session: MysqlConnection,
  database: string,
  { tables, replaces }: LogicalRestoreRequest,
  ctx: Context,
): Promise<string[]> {
  if (replaces !== 'all' && replaces.includes(database)) {
    const second = `--replace of a whole database; name the table, as in --replace ${JSON.stringify(`${database}.${tables[0]}`)},`
    throw new AppError('OPTIONS_CONFLICT', { first: '--table', second })
  }
  const sql = `SELECT table_name FROM information_schema.tables WHERE table_schema = ${quoteLiteral(database)}`
  const there = new Set((await session.query(sql, ctx)).map(([name]) => name))
  const present = tables.filter((table) => there.has(table))
  const refused = present.find((table) => replaces !== 'all' && !replaces.includes(`${database}.${table}`))
  if (refused === undefined) return present
  throw new AppError('MYSQL_TABLE_EXISTS', { table: JSON.stringify(`${database}.${refused}`), host: session.host })
}

function chooseDatabases(
  { fingerprint }: LogicalManifest,
  request: LogicalRestoreRequest,
): readonly DatabaseFingerprint[] {
  const { databases: all } = fingerprint
  const { databases: wanted, into, tables } = request
  const known = all.map(({ name }) => name).join(', ')
  const unknown = wanted.find((name) => !all.some((database) => database.name === name))
  if (unknown !== undefined)
    throw new AppError('BACKUP_PART_UNKNOWN', { part: `database ${JSON.stringify(unknown)}`, known })
  const chosen = wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name))
  const [only] = chosen
  if (chosen.length !== 1 || only === undefined) {
    const option = into === undefined ? '--table' : '--into'
    if (into === undefined && tables.length === 0) return chosen
    throw new AppError('OPTIONS_CONFLICT', {
      first: option,
      second: 'more than one database; choose one with --database',
    })
  }
  const names = only.tables.map(({ name }) => name)
  const listed = names.slice(0, 30).join(', ') || 'none'
  const view = tables.find((table) => only.views.includes(table))
  if (view !== undefined) {
    const part = `table ${JSON.stringify(view)}: it is a view, which comes with its whole database only`
    throw new AppError('BACKUP_PART_UNKNOWN', { part, known: listed })
  }
  const missing = tables.find((table) => !names.includes(table))
  if (missing === undefined || request.tablesMayBeNew === true) return chosen
  throw new AppError('BACKUP_PART_UNKNOWN', {
    part: `table ${JSON.stringify(missing)}`,
    known: listed,
  })
}

/** What may go wrong although nothing stands in the way. */
async function warningsOf(
  { server, dumpTool }: LogicalManifest,
  { target: _target }: LogicalRestoreRequest,
  session: MysqlConnection,
  ctx: Context,
): Promise<string[]> {
  const warnings: string[] = []
  const { family, number } = session.version
  if (family !== server.family) {
    warnings.push(
      `the dump is of another family (${server.family} ${server.version}): what only that one knows is refused`,
    )
  } else if (number < Math.floor(server.versionNumber / 100) * 100) {
    warnings.push(`the server is older than the one that was dumped (${server.version}, by ${dumpTool.version})`)
  }
  const packet = Number((await session.value('SELECT @@GLOBAL.max_allowed_packet', ctx)) ?? 0)
  if (packet < 16 << 20) warnings.push(`max_allowed_packet is only ${packet} bytes: a larger row is refused`)
  return warnings
}
