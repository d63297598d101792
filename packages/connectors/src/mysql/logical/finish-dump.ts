import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { isLeftOut } from './dump-arguments.ts'
import type { Dumped, DumpRun } from './dump-run.ts'
import { rowsKey } from './dump-splitter.ts'
import { findingsOf } from './logical-findings.ts'
import { databasePath, type LogicalFinding, type LogicalManifest } from './logical-manifest.ts'
import { serverClock } from './read-server-facts.ts'
import { type DatabaseStructure, readStructure } from './read-structure.ts'

export interface UsersInDump {
  readonly hasUsers: boolean
  readonly warnings: readonly string[]
}

/** Looks whether what was dumped is whole, and makes the manifest. Fails with MYSQL_DUMP_FAILED. */
export async function finishDump(
  run: DumpRun,
  dumped: Dumped,
  { users, findings }: { readonly users: UsersInDump; readonly findings: readonly LogicalFinding[] },
  ctx: Context,
): Promise<LogicalManifest> {
  await requireSameTables(run, ctx)
  const { options, session, facts, tool, startedAt } = run
  const { writesBinlog, ...server } = facts
  const { position, consistentAt, sizes, warnings } = dumped
  if (writesBinlog && position === undefined) {
    const reason = 'it does not tell its place in the binary log'
    throw new AppError('MYSQL_DUMP_FAILED', { host: session.host, reason })
  }
  return {
    formatVersion: 1,
    source: options.source,
    type: 'mysql',
    method: 'logical',
    tool: { name: 'holdfast', version: options.toolVersion },
    dumpTool: { version: tool.version },
    server,
    startedAt,
    consistentAt,
    stoppedAt: await serverClock(session, ctx),
    ...(position === undefined ? {} : { position }),
    selection: options.selection,
    hasUsers: users.hasUsers,
    fingerprint: { databases: fingerprintOf(run, dumped) },
    findings: [...findingsOf({ databases: dumpedOf(run), facts, lockAllTables: options.lockAllTables }), ...findings],
    warnings: [...users.warnings, ...leftOutOf(run), ...olderThanServer(run), ...warnings],
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  }
}

/** A table that came or went while the dump ran is in no dump that can be relied on. */
async function requireSameTables({ session, databases, options }: DumpRun, ctx: Context): Promise<void> {
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
}

/** What only newer servers know may be missing: a program of the same release is to be had where the server is. */
function olderThanServer({ tool, facts }: DumpRun): string[] {
  const [own, server] = [tool.version, facts.version].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10)),
  )
  const [major = 0, minor = 0] = own ?? []
  const [serverMajor = 0, serverMinor = 0] = server ?? []
  if (major > serverMajor || (major === serverMajor && minor >= serverMinor)) return []
  return [
    `${tool.program} ${tool.version} is older than the server (${facts.version}): it may leave out what only that one knows`,
  ]
}

/** The log is of all tables: what happened to those that a restore does not have cannot be done to it. */
function leftOutOf({ databases, facts, options }: DumpRun): string[] {
  const { excludeTables } = options.selection
  const known = databases.flatMap(({ name, tables }) => tables.map((table) => `${name}.${table.name}`))
  const left = excludeTables.filter((table) => known.includes(table))
  if (left.length === 0 || !facts.writesBinlog) return []
  return [
    `once these tables are written to, the binary log cannot be replayed on this backup, which leaves them out: ${left.join(', ')}`,
  ]
}

/** Without what was left out: nothing is to be said of that. */
function dumpedOf({ databases, options }: DumpRun): readonly DatabaseStructure[] {
  return databases.map((database) => ({
    ...database,
    tables: database.tables.filter(({ name }) => !isLeftOut(`${database.name}.${name}`, options.selection)),
  }))
}

function fingerprintOf({ databases, options }: DumpRun, { sizes, rows }: Dumped) {
  return databases.map(({ tables, ...database }) => ({
    ...database,
    bytes: sizes.get(databasePath(database.name)) ?? 0,
    tables: tables
      .filter(({ name }) => !isLeftOut(`${database.name}.${name}`, options.selection))
      .map((table) => ({ ...table, rows: String(rows.get(rowsKey(database.name, table.name)) ?? 0) })),
    views: database.views.filter((view) => !isLeftOut(`${database.name}.${view}`, options.selection)),
  }))
}
