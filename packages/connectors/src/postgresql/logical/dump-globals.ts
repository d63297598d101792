import type { Context } from '@holdfast/core/context'
import { runProgram } from '../../process/running-program.ts'
import { clientCommand, describeFailure, isErrorLine } from './client-command.ts'
import { databaseArgument } from './client-variables.ts'
import type { ClientTool } from './client-tool.ts'
import { dumpFailed } from './dump-database.ts'
import type { DumpRun } from './logical-backup.ts'

export interface DumpedGlobals {
  readonly sql: Buffer
  readonly warnings: readonly string[]
}

/** what pg_dumpall writes last */
const endMark = '-- PostgreSQL database cluster dump complete'

/** Roles, memberships, tablespaces and settings of roles as SQL. Fails with POSTGRES_DUMP_FAILED. */
export async function dumpGlobals(
  run: DumpRun,
  tool: ClientTool,
  { withPasswords, database }: { readonly withPasswords: boolean; readonly database: string },
  ctx: Context,
): Promise<DumpedGlobals> {
  const { client, silenceLimitMs } = run.options
  const call = {
    program: tool.program,
    arguments: [
      ...['--globals-only', '--no-password', `--dbname=${databaseArgument(database)}`],
      ...(withPasswords ? [] : ['--no-role-passwords']),
    ],
    database,
    applicationName: 'holdfast',
  }
  const command = clientCommand(call, run.target, run.host, client)
  const { failure, diagnostics, output } = await runProgram(command, { silenceLimitMs }, ctx)
  if (failure !== undefined || diagnostics.some(isErrorLine)) {
    throw dumpFailed(run, 'roles and tablespaces', describeFailure(failure, diagnostics))
  }
  if (!output.subarray(-200).toString('utf8').includes(endMark)) {
    throw dumpFailed(run, 'roles and tablespaces', 'its end is missing')
  }
  return { sql: output, warnings: diagnostics.map((line) => `globals: ${line}`) }
}
