import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { startProgram } from '../../process/running-program.ts'
import { clientCommand, describeFailure } from '../client/client-command.ts'
import { findMysqlTool, type MysqlClientPlace } from '../client/mysql-tool.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { withOwnNumbers } from './sequence-numbers.ts'

export interface ReplayRequest {
  readonly target: MysqlTarget
  readonly client: MysqlClientPlace
  readonly family: 'mariadb' | 'mysql'
  /** for people */
  readonly host: string
  /** only what concerns this database, into which it goes; absent: everything */
  readonly database?: { readonly name: string; readonly into: string }
}

/**
 * Replays events on a server: mysqlbinlog makes statements of them, the client runs them, both once for all files, since
 * temporary tables and session variables reach over the ends of files. The first error ends it. Fails with
 * MYSQL_RESTORE_FAILED, MYSQL_TOOL_MISSING.
 */
export async function replayBinlog(
  request: ReplayRequest,
  events: AsyncIterable<Uint8Array>,
  ctx: Context,
): Promise<void> {
  const { target, client, family, host, database } = request
  const reader = await findMysqlTool('binlog', family, client, ctx)
  const loader = await findMysqlTool('client', family, client, ctx)
  const failed = (reason: string): AppError =>
    new AppError('MYSQL_RESTORE_FAILED', { what: 'the binary log', host, reason })
  // transactions get numbers of the server's own, also where its log holds the old ones
  const numbers = family === 'mysql' ? '--skip-gtids' : '--loose-gtid-strict-mode=0'
  const readArguments = [...databaseArguments(database, family), numbers, '-']
  await using reading = await clientCommand(reader, readArguments, target, client)
  const loadArguments = ['--binary-mode', '--batch', '--max-allowed-packet=1G', '--default-character-set=utf8mb4']
  await using loading = await clientCommand(loader, loadArguments, target, client)
  await using statements = startProgram(reading.command, { silenceLimitMs: 0, input: events }, ctx)
  const input = family === 'mysql' ? statements.output : withOwnNumbers(statements.output)
  await using load = startProgram(loading.command, { silenceLimitMs: 0, input }, ctx)
  for await (const _output of load.output) continue
  const loaded = await load.finish()
  if (loaded.failure !== undefined) throw failed(describeFailure(loaded.failure, loaded.diagnostics))
  const read = await statements.finish()
  const errors = read.diagnostics.filter((line) => /^ERROR|Could not|Got error/i.test(line))
  if (read.failure !== undefined || errors.length > 0) throw failed(describeFailure(read.failure, read.diagnostics))
}

/**
 * MariaDB's program chooses by the name that the log knows, and then writes the other one. MySQL's chooses by the name that it
 * writes: a database of the log that has that name already is renamed as well, to what is not chosen.
 */
function databaseArguments(database: ReplayRequest['database'], family: ReplayRequest['family']): string[] {
  if (database === undefined) return []
  const { name, into } = database
  if (name === into) return [`--database=${name}`]
  const rename = `--rewrite-db=${name}->${into}`
  if (family === 'mariadb') return [rename, `--database=${name}`]
  return [rename, `--rewrite-db=${into}->${notChosen}`, `--database=${into}`]
}

/** no name of a database: it is longer than one may be */
const notChosen = 'holdfast-'.repeat(8)
