import type { Context } from '@holdfast/core/context'
import type { Entry, FileEntry } from '@holdfast/core/entry'
import { AppError } from '@holdfast/core/errors/app-error'
import { disposingEntries } from '../../entry/disposing-entries.ts'
import { clientCommand } from '../client/client-command.ts'
import { findMysqlTool, type MysqlTool } from '../client/mysql-tool.ts'
import { connectMysql } from '../connection/connect.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { formatManifest } from '../../manifest/manifest-file.ts'
import { sourceFolder } from '../manifest/mysql-manifest.ts'
import { dumpArguments, isLeftOut } from './dump-arguments.ts'
import { rowsKey } from './dump-splitter.ts'
import { type DumpSection, startDump } from './dump-stream.ts'
import { readHead, readTail } from './dump-text.ts'
import { dumpUsers } from './dump-users.ts'
import type { LogicalBackup, LogicalBackupOptions } from './logical-backup.ts'
import { databasePath, type LogicalManifest, viewsPath } from './logical-manifest.ts'
import { findingsOf } from './logical-findings.ts'
import { readServerFacts, serverClock } from './read-server-facts.ts'
import { type DatabaseStructure, readStructure } from './read-structure.ts'

/**
 * Begins a logical backup: connects, finds the tool, lists the databases. One dump of all of them, in one transaction, so
 * that they are of the same instant and the same place in the binary log. Fails with the codes of `connectMysql`,
 * MYSQL_TOOL_MISSING, MYSQL_DATABASE_UNKNOWN; the entries with MYSQL_DUMP_FAILED.
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

interface DumpRun {
  readonly target: MysqlTarget
  readonly options: LogicalBackupOptions
  readonly session: MysqlConnection
  readonly tool: MysqlTool
  readonly facts: Awaited<ReturnType<typeof readServerFacts>>
  readonly databases: readonly DatabaseStructure[]
  readonly startedAt: string
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
): DatabaseStructure[] {
  const wanted = selection.databases
  const unknown = wanted.find((name) => !all.some((database) => database.name === name))
  if (unknown !== undefined) throw new AppError('MYSQL_DATABASE_UNKNOWN', { database: JSON.stringify(unknown), host })
  const chosen = wanted.length === 0 ? [...all] : all.filter(({ name }) => wanted.includes(name))
  if (chosen.length > 0) return chosen
  throw new AppError('MYSQL_DUMP_FAILED', { host, reason: 'there is no database that the account may see' })
}

async function* entriesOf(
  run: DumpRun,
  keep: (manifest: LogicalManifest) => void,
  ctx: Context,
): AsyncGenerator<Entry, void, undefined> {
  const { options, session, databases, facts, target, tool, startedAt } = run
  const modifiedAt = new Date(startedAt)
  const file = (name: string, content: FileEntry['content']): FileEntry => {
    return { kind: 'file', path: `${sourceFolder(options.source)}/${name}`, mode: 0o600, modifiedAt, content }
  }
  const users = await dumpUsers(session, ctx)
  if (users.sql !== undefined) yield file('users.sql', { type: 'bytes', bytes: Buffer.from(users.sql) })
  const { selection, lockAllTables, silenceLimitMs } = options
  const args = dumpArguments({
    server: session.version,
    databases,
    selection,
    writesBinlog: facts.writesBinlog,
    lockAllTables,
  })
  await using client = await clientCommand(tool, args, target, options.client)
  const names = databases.map(({ name }) => name)
  await using dump = startDump(client.command, { databases: names, silenceLimitMs, host: session.host }, ctx)
  const sizes = new Map<string, number>()
  const texts = { head: '', tail: '', consistentAt: startedAt }
  const dumped: Context = ctx
  for await (const section of dump.sections()) {
    const { part } = section
    if (part.type === 'head' || part.type === 'tail') {
      texts[part.type] = await readText(section)
      if (part.type === 'head') texts.consistentAt = await serverClock(session, dumped)
      continue
    }
    const path = part.type === 'database' ? databasePath(part.database) : viewsPath(part.database)
    const chunks = counted(section, readHead(texts.head).settings, (bytes) => sizes.set(path, bytes))
    yield file(path, { type: 'stream', chunks })
  }
  const { rows, warnings } = await dump.finish()
  const facts2 = await afterDump(run, ctx)
  const manifest = makeManifest(run, {
    texts,
    sizes,
    rows,
    warnings: [...users.warnings, ...warnings],
    hasUsers: users.sql !== undefined,
    ...facts2,
  })
  yield file('manifest.json', { type: 'bytes', bytes: formatManifest(manifest) })
  keep(manifest)
}

async function readText({ chunks }: DumpSection): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const bytes of chunks) parts.push(bytes)
  return Buffer.concat(parts).toString('utf8')
}

/** Each file begins with the session settings that its statements rely on, so that it can be loaded alone. */
async function* counted(
  { chunks }: DumpSection,
  settings: string,
  done: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const head = Buffer.from(settings)
  yield head
  let total = head.length
  for await (const bytes of chunks) {
    total += bytes.length
    yield bytes
  }
  done(total)
}

/** A table that came or went while the dump ran is in no dump that can be relied on. */
async function afterDump(
  { session, databases, options }: DumpRun,
  ctx: Context,
): Promise<{ readonly stoppedAt: string }> {
  const now = new Map((await readStructure(session, ctx)).map((database) => [database.name, database]))
  for (const { name, tables } of databases) {
    const after = new Set(now.get(name)?.tables.map((table) => table.name))
    const before = new Set(tables.map((table) => table.name))
    const changed = [...before.symmetricDifference(after)].filter(
      (table) => !isLeftOut(`${name}.${table}`, options.selection),
    )
    if (changed.length === 0) continue
    const reason = `tables of ${JSON.stringify(name)} were made or dropped meanwhile: ${changed.slice(0, 5).join(', ')}`
    throw new AppError('MYSQL_DUMP_FAILED', { host: session.host, reason })
  }
  return { stoppedAt: await serverClock(session, ctx) }
}

interface Dumped {
  readonly texts: { readonly head: string; readonly tail: string; readonly consistentAt: string }
  readonly sizes: ReadonlyMap<string, number>
  readonly rows: ReadonlyMap<string, number>
  readonly warnings: readonly string[]
  readonly hasUsers: boolean
  readonly stoppedAt: string
}

function makeManifest(run: DumpRun, { texts, sizes, rows, warnings, hasUsers, stoppedAt }: Dumped): LogicalManifest {
  const { options, session, facts, tool, startedAt } = run
  const { writesBinlog, ...server } = facts
  const position = readHead(texts.head).position
  const tail = readTail(texts.tail, texts.head)
  if (!tail.isComplete)
    throw new AppError('MYSQL_DUMP_FAILED', { host: session.host, reason: 'its last line is missing' })
  if (writesBinlog && position === undefined) {
    throw new AppError('MYSQL_DUMP_FAILED', {
      host: session.host,
      reason: 'it does not tell its place in the binary log',
    })
  }
  const findings = findingsOf({ databases: run.databases, facts, lockAllTables: options.lockAllTables })
  return {
    formatVersion: 1,
    source: options.source,
    type: 'mysql',
    method: 'logical',
    tool: { name: 'holdfast', version: options.toolVersion },
    dumpTool: { version: tool.version },
    server,
    startedAt,
    consistentAt: texts.consistentAt,
    stoppedAt,
    ...(position === undefined
      ? {}
      : { position: { ...position, ...(tail.gtid === undefined ? {} : { gtid: tail.gtid }) } }),
    selection: options.selection,
    hasUsers,
    fingerprint: {
      databases: run.databases.map(({ tables, ...database }) => ({
        ...database,
        bytes: sizes.get(databasePath(database.name)) ?? 0,
        tables: tables
          .filter(({ name }) => !isLeftOut(`${database.name}.${name}`, options.selection))
          .map((table) => ({ ...table, rows: String(rows.get(rowsKey(database.name, table.name)) ?? 0) })),
        views: database.views.filter((view) => !isLeftOut(`${database.name}.${view}`, options.selection)),
      })),
    },
    findings,
    warnings,
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  }
}
