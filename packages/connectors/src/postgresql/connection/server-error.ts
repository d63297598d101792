import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { ServerReport } from './server-message.ts'

/** The server's SQLSTATE behind an error of a session: "42P01"; undefined when the error did not come from the server. */
export function sqlStateOf(error: unknown): string | undefined {
  const state = isAppError(error) ? error.details['sqlState'] : undefined
  return typeof state === 'string' ? state : undefined
}

export interface Occasion {
  /** the server, for people */
  readonly host: string
  readonly user: string
  /** what was asked, shortened: "BASE_BACKUP"; "the connection" */
  readonly statement: string
}

/**
 * What the server reports while a session is open, as an error of ours. SQLSTATE and routine decide, since the message
 * may be in any language.
 */
export function serverError(report: ServerReport, occasion: Occasion): AppError {
  const details = { ...occasion, reason: reasonOf(report), sqlState: report.sqlState }
  switch (report.sqlState) {
    case '57P01':
    case '57P02':
    case '57P05':
    case '25P03':
    case '08006':
    case '08003':
      return new AppError('POSTGRES_SHUT_DOWN', details)
    case '57P03':
      return new AppError('POSTGRES_STARTING', details)
    case '53300':
      // The name of a setting is not translated; both limits are reported by the same routine.
      return report.message.includes('max_wal_senders')
        ? new AppError('POSTGRES_WAL_SENDERS_EXHAUSTED', details)
        : new AppError('POSTGRES_CONNECTIONS_EXHAUSTED', details)
    case '53400':
      return new AppError('POSTGRES_SLOTS_EXHAUSTED', details)
    case '42501':
      return new AppError('POSTGRES_PRIVILEGE_MISSING', { ...details, advice: privilegeAdvice(report, occasion) })
  }
  return new AppError('POSTGRES_QUERY_FAILED', { ...details, advice: report.hint ?? 'See the log of the server.' })
}

function privilegeAdvice({ message, detail = '', hint, routine }: ServerReport, { user }: Occasion): string {
  const role = `"${user.replaceAll('"', '""')}"`
  // Up to 15 "must be superuser or replication role to start walsender"; 16 and newer "permission denied to start WAL sender".
  if (routine === 'InitPostgres' || /replication/i.test(message) || /\bREPLICATION\b/.test(detail)) {
    return `Run ALTER ROLE ${role} REPLICATION; as a superuser.`
  }
  if (hint !== undefined) return hint
  return `Grant ${role} what is missing, or connect as a superuser.`
}

/** The report as one clause: message, then detail. */
export function reasonOf({ message, detail }: ServerReport): string {
  return detail === undefined ? message : `${message} (${detail})`
}
