import { AppError } from '@holdfast/core/errors/app-error'
import type { ServerProcess } from './server-process.ts'

/** What to say of a server that ended while it should have come up: what it said last. */
export function startFailure(server: ServerProcess): AppError {
  const { code, signal } = server.exit() ?? {}
  const lines = server.logTail().trim().split('\n')
  // what stands before it in each line is the cluster's own log_line_prefix
  const telling = lines
    .flatMap((line) => /\b(?:FATAL|PANIC|ERROR|HINT|DETAIL): .*|.*invalid value for parameter.*/.exec(line) ?? [])
    .slice(-4)
  return new AppError('POSTGRES_START_FAILED', {
    directory: server.dataDirectory,
    status: signal ?? `exit code ${code}`,
    reason: (telling.length > 0 ? telling : lines.slice(-3)).join(' ').replaceAll(/\s+/g, ' '),
  })
}
