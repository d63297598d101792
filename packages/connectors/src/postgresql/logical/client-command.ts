import type { PostgresHost, PostgresTarget } from '../connection/target.ts'
import { commandAt, type ProgramCommand } from '../../process/program-place.ts'
import type { ClientPlace } from './client-tool.ts'
import { clientVariables } from './client-variables.ts'

export interface ClientCall {
  readonly program: string
  readonly arguments: readonly string[]
  readonly database: string
  readonly applicationName: string
}

/** How a client program is started so that it works on one database of the server. */
export function clientCommand(
  call: ClientCall,
  target: PostgresTarget,
  host: PostgresHost,
  { place, inside, outerVariables }: ClientPlace,
): ProgramCommand {
  const isInside = place.type !== 'local'
  const seen = isInside ? (inside ?? { host: '127.0.0.1', port: 5432 }) : host
  const { database, applicationName } = call
  const variables = {
    ...clientVariables({ target, host, database, applicationName, isInside }),
    PGHOST: seen.host,
    PGPORT: String(seen.port),
  }
  return commandAt(place, { program: call.program, arguments: call.arguments, variables }, outerVariables)
}

/** Whether a line of standard error tells of a failure although the program says it succeeded. */
export function isErrorLine(line: string): boolean {
  return /^pg_\w+: (?:error|fatal):|\bERROR: {2}|\bFATAL: {2}|^pg_\w+: warning: errors ignored/.test(line)
}

/** The sentence of a failure: how it ended, and what it said. */
export function describeFailure(failure: string | undefined, diagnostics: readonly string[]): string {
  const said = diagnostics.map((line) => line.replace(/^pg_\w+: /, '')).slice(0, 5)
  return [failure ?? 'it reports errors', ...said].join('; ')
}
