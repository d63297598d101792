import type { Context } from '@holdfast/core/context'
import type { Entry } from '@holdfast/core/entry'
import { AppError } from '@holdfast/core/errors/app-error'
import { disposingEntries } from '../../entry/disposing-entries.ts'
import { formatManifest } from '../../manifest/manifest-file.ts'
import { findMysqlTool } from '../client/mysql-tool.ts'
import { connectMysql } from '../connection/connect.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { dumpByOne } from './dump-by-one.ts'
import { dumpFile, type DumpRun } from './dump-run.ts'
import { dumpUsers } from './dump-users.ts'
import { findUnseen } from './find-unseen.ts'
import { finishDump } from './finish-dump.ts'
import type { LogicalBackup, LogicalBackupOptions } from './logical-backup.ts'
import type { LogicalManifest } from './logical-manifest.ts'
import { dumpSideBySide } from './parallel/dump-side-by-side.ts'
import { startDumps } from './parallel/start-dumps.ts'
import { readServerFacts, serverClock } from './read-server-facts.ts'
import { type DatabaseStructure, readStructure } from './read-structure.ts'

/**
 * Begins a logical backup: connects, finds the tool, lists the databases. One dump of all of them, in one transaction, so
 * that they are of the same instant and the same place in the binary log. Fails with the codes of `connectMysql`,
 * MYSQL_TOOL_MISSING, MYSQL_DATABASE_UNKNOWN, MYSQL_TABLE_UNKNOWN; the entries with MYSQL_DUMP_FAILED.
 */
export async function backupLogical(
  target: MysqlTarget,
  options: LogicalBackupOptions,
  ctx: Context,
): Promise<LogicalBackup> {
  const session = await connectMysql(target, ctx)
  const dispose = async (): Promise<void> => await session[Symbol.asyncDispose]()
  try {
    const run = await prepare(target, options, session, ctx)
    let manifest: LogicalManifest | undefined
    return {
      entries: disposingEntries(
        entriesOf(run, (made) => (manifest = made), ctx),
        dispose,
      ),
      manifest: () => manifest,
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function prepare(
  target: MysqlTarget,
  options: LogicalBackupOptions,
  session: MysqlConnection,
  ctx: Context,
): Promise<DumpRun> {
  const tool = await findMysqlTool('dump', session.version.family, options.client, ctx)
  const facts = await readServerFacts(session, ctx)
  const databases = choose(await readStructure(session, ctx), options, session.host)
  return { target, options, session, tool, facts, databases, startedAt: await serverClock(session, ctx) }
}

function choose(
  all: readonly DatabaseStructure[],
  { selection }: LogicalBackupOptions,
  host: string,
): readonly DatabaseStructure[] {
  const wanted = selection.databases
  const unknown = wanted.find((name) => !all.some((database) => database.name === name))
  if (unknown !== undefined) throw new AppError('MYSQL_DATABASE_UNKNOWN', { database: JSON.stringify(unknown), host })
  const possible = wanted.length === 0 ? all : all.filter(({ name }) => wanted.includes(name))
  const chosen = withChosenTables(possible, selection.tables, host)
  if (chosen.length > 0) return chosen
  throw new AppError('MYSQL_DUMP_FAILED', { host, reason: 'there is no database that the account may see' })
}

/** Those that the chosen tables are in. Fails with MYSQL_TABLE_UNKNOWN: a dump without a table that was meant is no backup of it. */
function withChosenTables(
  possible: readonly DatabaseStructure[],
  tables: readonly string[],
  host: string,
): readonly DatabaseStructure[] {
  if (tables.length === 0) return possible
  const owners = new Set<DatabaseStructure>()
  for (const table of tables) {
    const owner = possible.find(({ name, tables: own, views }) => {
      return [...own.map((one) => one.name), ...views].some((one) => `${name}.${one}` === table)
    })
    if (owner === undefined) throw new AppError('MYSQL_TABLE_UNKNOWN', { table: JSON.stringify(table), host })
    owners.add(owner)
  }
  return possible.filter((database) => owners.has(database))
}

async function* entriesOf(
  run: DumpRun,
  keep: (manifest: LogicalManifest) => void,
  ctx: Context,
): AsyncGenerator<Entry, void, undefined> {
  const { session, databases, options } = run
  const names = databases.map(({ name }) => name)
  const unseen = await findUnseen(session, names, options.selection, ctx)
  const { sql, warnings } = await dumpUsers(session, ctx)
  if (sql !== undefined) yield dumpFile(run, 'users.sql', { type: 'bytes', bytes: Buffer.from(sql) })
  await using started = await startDumps(run, ctx)
  const { dumps, findings } = started
  const dumped = dumps === undefined ? yield* dumpByOne(run, ctx) : yield* dumpSideBySide(run, dumps, ctx)
  const users = { hasUsers: sql !== undefined, warnings }
  const manifest = await finishDump(run, dumped, { users, findings: [...unseen, ...findings] }, ctx)
  yield dumpFile(run, 'manifest.json', { type: 'bytes', bytes: formatManifest(manifest) })
  keep(manifest)
}
