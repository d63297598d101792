import { isIP } from 'node:net'
import { AppError } from '@holdfast/core/errors/app-error'
import { quoteIdentifier } from './quote.ts'
import { type Occasion, reasonOf, serverError } from './server-error.ts'
import type { ServerReport } from './server-message.ts'

export interface LoginAttempt extends Occasion {
  /** as pg_hba.conf names it: a database, or "replication" */
  readonly database: string
  readonly overSocket: boolean
  readonly isEncrypted: boolean
  /** this side's address, for when the server does not name the one it sees */
  readonly localAddress?: string
}

/** Why the server does not let anyone in, with what to change there. */
export function loginError(report: ServerReport, attempt: LoginAttempt): AppError {
  const reason = reasonOf(report)
  const { host, user, statement, database } = attempt
  const details = { host, user, statement, database, reason, sqlState: report.sqlState }
  switch (report.sqlState) {
    case '28P01':
      return new AppError('POSTGRES_PASSWORD_WRONG', details)
    case '3D000':
      return new AppError('POSTGRES_DATABASE_UNKNOWN', details)
    case '28000':
      return refusedLogin(report, attempt, details)
    case '42501':
      // CONNECT on a database, or REPLICATION: both are about the role.
      return serverError(report, attempt)
    case '08P01':
      return new AppError('POSTGRES_LOGIN_REFUSED', {
        ...details,
        advice: 'Connect to the server itself: a pooler in between does not pass on replication and session settings.',
      })
  }
  const error = serverError(report, attempt)
  if (error.code !== 'POSTGRES_QUERY_FAILED') return error
  return new AppError('POSTGRES_LOGIN_REFUSED', { ...details, advice: report.hint ?? 'See the log of the server.' })
}

function refusedLogin(
  report: ServerReport,
  attempt: LoginAttempt,
  details: Occasion & { reason: string; database: string },
): AppError {
  const role = quoteIdentifier(attempt.user)
  if (report.routine === 'InitializeSessionUserId') {
    const advice = `Create the role with CREATE ROLE ${role} LOGIN REPLICATION PASSWORD …; or allow it in with ALTER ROLE ${role} LOGIN;`
    return new AppError('POSTGRES_LOGIN_REFUSED', { ...details, advice })
  }
  if (report.routine === 'auth_failed') {
    const advice = `Another method than passwords decides here: connect as the operating-system user or with the certificate that pg_hba.conf asks for, or add the line "${hbaLine(report, attempt)}" above.`
    return new AppError('POSTGRES_LOGIN_REFUSED', { ...details, advice })
  }
  if (/certificate/i.test(report.message)) {
    const advice = 'Name a client certificate and its key with sslcert=<file> and sslkey=<file>.'
    return new AppError('POSTGRES_LOGIN_REFUSED', { ...details, advice })
  }
  const advice =
    attempt.isEncrypted || attempt.overSocket ? '' : ' where only hostssl lines exist, sslmode=require is enough.'
  return new AppError('POSTGRES_NOT_ADMITTED', { ...details, hbaLine: hbaLine(report, attempt), advice })
}

function hbaLine(report: ServerReport, attempt: LoginAttempt): string {
  const user = hbaWord(attempt.user)
  const database = attempt.database === 'replication' ? 'replication' : hbaWord(attempt.database)
  if (attempt.overSocket) return `local ${database} ${user} scram-sha-256`
  // The server names the address as it sees it, which behind address translation is not the one this side knows.
  const named = [...report.message.matchAll(/["«“]([^"»”]+)["»”]/g)].map((match) => match[1] ?? '').find(isAddress)
  const address = named ?? attempt.localAddress ?? '<address>'
  return `host ${database} ${user} ${address}/${address.includes(':') ? 128 : 32} scram-sha-256`
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0
}

/** Names with anything but plain characters, and keywords, stand in double quotes in pg_hba.conf. */
function hbaWord(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !['all', 'sameuser', 'samerole', 'replication'].includes(name)
  return isPlain ? name : `"${name}"`
}
