import { randomBytes } from 'node:crypto'
import { type Context, quietContext } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { countOf } from '@holdfast/core/units/count-of'
import { sqlRow } from '../backup/sql-rows.ts'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteLiteral } from '../connection/quote.ts'
import { startProgram } from '../../process/running-program.ts'
import { ArchiveReader } from './archive/archive-reader.ts'
import type { ArchiveFacts } from './archive/toc-entry.ts'
import { clientCommand, describeFailure, isErrorLine } from './client-command.ts'
import type { DumpRun } from './logical-backup.ts'
import {
  type CountedTable,
  countedTables,
  countLargeObjects,
  countTables,
  type DumpContent,
  fingerprintOf,
} from './read-fingerprint.ts'

export interface DumpedDatabase {
  readonly content: DumpContent
  readonly bytes: number
  readonly warnings: readonly string[]
}

/**
 * The dump of one database as it is written, in a snapshot that a session of ours holds and counts the rows of meanwhile.
 * `keep` is told what was dumped before the end. Fails with POSTGRES_DUMP_FAILED, POSTGRES_DUMP_UNREADABLE and the codes
 * of connections.
 */
export async function* dumpDatabase(
  run: DumpRun,
  database: string,
  keep: (dumped: DumpedDatabase) => void,
  ctx: Context,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using session = await connectPostgres(run.target, { database }, ctx)
  const snapshot = await exportSnapshot(session, ctx)
  const applicationName = `holdfast-dump-${randomBytes(6).toString('hex')}`
  const { client, silenceLimitMs } = run.options
  const call = { program: run.dumpTool.program, arguments: dumpArguments(run, snapshot), database, applicationName }
  await using program = startProgram(clientCommand(call, run.target, run.host, client), { silenceLimitMs }, ctx)
  const reader = new ArchiveReader(`the dump of database ${JSON.stringify(database)}`)
  let counting: Promise<(CountedTable | undefined)[]> | undefined
  let isWhole = false
  try {
    for await (const bytes of program.output) {
      reader.push(bytes)
      counting ??= startCounting(run, session, reader, ctx)
      yield bytes
    }
    const { failure, diagnostics } = await program.finish()
    if (failure !== undefined || diagnostics.some(isErrorLine)) {
      throw dumpFailed(run, database, describeFailure(failure, diagnostics))
    }
    const archive = reader.finish()
    const content = await fingerprintOf(session, archive, (await counting) ?? [], ctx)
    await checkLargeObjects(run, session, archive, ctx)
    isWhole = true
    const warnings = diagnostics.map((line) => `${database}: ${line}`)
    keep({ content, bytes: archive.sizeBytes, warnings })
  } finally {
    if (!isWhole && client.place.type !== 'local') await endBackends(run, applicationName)
  }
}

async function exportSnapshot(session: PostgresConnection, ctx: Context): Promise<string> {
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ctx)
  return (await sqlRow(session, 'SELECT pg_export_snapshot() AS id', ctx))('id') ?? ''
}

function dumpArguments({ options, inRecovery }: DumpRun, snapshot: string): string[] {
  const { schemas, tables, excludeTables } = options.selection
  return [
    ...['--format=custom', '--compress=0', '--no-password', `--snapshot=${snapshot}`],
    `--lock-wait-timeout=${options.lockWaitMs}`,
    ...(schemas.length + tables.length > 0 ? ['--strict-names'] : []),
    ...schemas.map((pattern) => `--schema=${pattern}`),
    ...tables.map((pattern) => `--table=${pattern}`),
    ...excludeTables.map((pattern) => `--exclude-table=${pattern}`),
    // a standby has unlogged tables, but nothing in them
    ...(inRecovery ? ['--no-unlogged-table-data'] : []),
  ]
}

/** As soon as it is known which tables are dumped. A failure shows when it is awaited. */
function startCounting(
  { options: { checksums } }: DumpRun,
  session: PostgresConnection,
  { entries }: ArchiveReader,
  ctx: Context,
): Promise<(CountedTable | undefined)[]> | undefined {
  if (entries === undefined) return undefined
  const tables = countedTables(entries).map(({ namespace, tag }) => ({ schema: namespace, name: tag }))
  const counting = countTables(session, tables, { checksums }, ctx)
  counting.catch(() => {})
  return counting
}

/** They belong to no schema or table, so that pg_dump leaves them out where some were chosen. */
async function checkLargeObjects(
  { options: { selection } }: DumpRun,
  session: PostgresConnection,
  archive: ArchiveFacts,
  ctx: Context,
): Promise<void> {
  if (selection.schemas.length + selection.tables.length > 0) return
  const expected = await countLargeObjects(session, ctx)
  if (expected === archive.largeObjects) return
  const reason = `it has ${countOf(archive.largeObjects, 'large object')}, and the database ${expected}`
  throw new AppError('POSTGRES_DUMP_UNREADABLE', { what: `the dump of ${archive.database}`, reason })
}

/** A program in a container outlives the tool that started it there; without its session it ends. */
async function endBackends({ target }: DumpRun, applicationName: string): Promise<void> {
  const ctx = quietContext()
  try {
    await using session = await connectPostgres(target, { database: target.database ?? 'postgres' }, ctx)
    const named = quoteLiteral(applicationName)
    await session.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ${named}`, ctx)
  } catch (error) {
    // What failed first is what counts; the server ends the session by itself at the latest when it is restarted.
    if (!isAppError(error)) throw error
  }
}

export function dumpFailed({ hostText }: Pick<DumpRun, 'hostText'>, what: string, reason: string): AppError {
  return new AppError('POSTGRES_DUMP_FAILED', { what, host: hostText, reason })
}
