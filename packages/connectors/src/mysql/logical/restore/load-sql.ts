import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { startProgram } from '../../../process/running-program.ts'
import { clientCommand, describeFailure, isNotice } from '../../client/client-command.ts'
import type { MysqlClientPlace, MysqlTool } from '../../client/mysql-tool.ts'
import type { MysqlTarget } from '../../connection/target.ts'

export interface SqlLoad {
  readonly tool: MysqlTool
  readonly target: MysqlTarget
  readonly client: MysqlClientPlace
  /** for people */
  readonly host: string
  readonly what: string
}

/**
 * Runs statements through the family's own client, which knows DELIMITER and the dump's comments; the first error ends it.
 * Returns what it warned of. Fails with MYSQL_RESTORE_FAILED, MYSQL_PACKET_TOO_LARGE.
 */
export async function loadSql(load: SqlLoad, sql: AsyncIterable<Uint8Array>, ctx: Context): Promise<readonly string[]> {
  const { tool, target, client, host, what } = load
  const args = ['--binary-mode', '--batch', '--max-allowed-packet=1G', '--default-character-set=utf8mb4']
  await using call = await clientCommand(tool, args, target, client)
  // loading and building indexes writes nothing for hours
  await using program = startProgram(call.command, { silenceLimitMs: 0, input: sql }, ctx)
  for await (const _output of program.output) continue
  const { failure, diagnostics } = await program.finish()
  if (failure === undefined) return diagnostics.filter((line) => !isNotice(line))
  const reason = describeFailure(failure, diagnostics)
  if (/max_allowed_packet|ERROR 1153|gone away/.test(reason))
    throw new AppError('MYSQL_PACKET_TOO_LARGE', { host, what, reason })
  throw new AppError('MYSQL_RESTORE_FAILED', { what, host, reason })
}
