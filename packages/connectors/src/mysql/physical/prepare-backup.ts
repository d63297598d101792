import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { commandAt } from '../../process/program-place.ts'
import { runProgram } from '../../process/running-program.ts'
import type { MysqlTool } from '../client/mysql-tool.ts'

/**
 * Makes restored files a data directory that a server can be started on: replays the redo log of the time of the backup. Fails
 * with MYSQL_PHYSICAL_FAILED.
 */
export async function prepareBackup(tool: MysqlTool, directory: string, ctx: Context): Promise<void> {
  const words = ['--no-defaults', '--prepare', `--target-dir=${directory}`, '--use-memory=256M']
  const call = { program: tool.program, arguments: words, variables: { LC_ALL: 'C', TZ: 'UTC' } }
  const end = await runProgram(commandAt({ type: 'local' }, call, {}), { silenceLimitMs: 0 }, ctx)
  if (end.failure === undefined && end.diagnostics.at(-1)?.endsWith('completed OK!') === true) return
  const said = end.diagnostics.filter((line) => /error|fatal/i.test(line)).slice(-3)
  const reason = [end.failure ?? 'it does not end with "completed OK!"', ...said].join('; ')
  throw new AppError('MYSQL_PHYSICAL_FAILED', { program: tool.program, host: directory, reason })
}
