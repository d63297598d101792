import { AppError } from '@holdfast/core/errors/app-error'
import type { ServerProcess } from './server-process.ts'

/** What to say of a server that ended while it should have come up: what it said last. */
export function startFailure(server: ServerProcess): AppError {
  const { code, signal } = server.exit() ?? {}
  const lines = server.logTail().trim().split('\n')
  const telling = lines
    .filter((line) => /^(?:FATAL|PANIC|ERROR|HINT|DETAIL):|invalid value for parameter/.test(line))
    .slice(-4)
  return new AppError('POSTGRES_START_FAILED', {
    directory: server.dataDirectory,
    status: signal ?? `exit code ${code}`,
    reason: (telling.length > 0 ? telling : lines.slice(-3)).join(' ').replaceAll(/\s+/g, ' '),
  })
}
