import { AppError } from '@holdfast/core/errors/app-error'

/** What the driver adds to its errors. */
interface DriverError extends Error {
  readonly code?: string
  readonly errno?: number
}

/** Numbers of MySQL's server errors ("Server Error Message Reference"). */
const deniedLogins = new Set([1044, 1045, 1130, 1698, 1862, 3118, 4151])
const missingPrivileges = new Set([1142, 1143, 1227, 1370, 1419])
/** ER_BAD_DB_ERROR: that of the address */
const noDatabase = 1049
const tooManyConnections = new Set([1040, 1203, 1226])
const unreachable = new Set([
  ...['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EACCES'],
])

function isDriverError(error: unknown): error is DriverError {
  return error instanceof Error
}

/** The server's error number, when an error of ours was caused by one. */
export function mysqlErrorNumber(error: unknown): number | undefined {
  const cause = error instanceof AppError ? error.cause : error
  // what the driver throws carries the server's number as errno; system errors carry negative ones
  if (!isDriverError(cause) || typeof cause.errno !== 'number' || cause.errno < 0) return undefined
  return cause.errno
}

/** An error while a session was being opened. */
export function connectError(
  error: unknown,
  { host, user }: { readonly host: string; readonly user: string },
): unknown {
  if (error instanceof AppError || !isDriverError(error)) return error
  const reason = error.message === '' ? (error.code ?? 'no reason is given') : error.message
  const number = mysqlErrorNumber(error) ?? 0
  const options = { cause: error }
  if (deniedLogins.has(number)) return new AppError('MYSQL_ACCESS_DENIED', { host, user, reason }, options)
  if (number === noDatabase)
    return new AppError('MYSQL_DATABASE_UNKNOWN', { database: /'.*'/.exec(reason)?.[0] ?? '', host }, options)
  if (tooManyConnections.has(number)) return new AppError('MYSQL_CONNECTIONS_EXHAUSTED', { host, reason }, options)
  if (error.code === 'HANDSHAKE_NO_SSL_SUPPORT' || error.code === 'HANDSHAKE_SSL_ERROR' || /certificate/.test(reason)) {
    return new AppError('MYSQL_TLS_FAILED', { host, reason }, options)
  }
  if (unreachable.has(error.code ?? '') || number === 0 || number === 1053) {
    return new AppError('MYSQL_UNREACHABLE', { host, reason }, options)
  }
  return new AppError('MYSQL_ACCESS_DENIED', { host, user, reason }, options)
}

/** An error of a statement. */
export function queryError(
  error: unknown,
  { host, user, statement }: { readonly host: string; readonly user: string; readonly statement: string },
): unknown {
  if (error instanceof AppError || !isDriverError(error)) return error
  const number = mysqlErrorNumber(error)
  const reason = error.message
  const options = { cause: error }
  if (number === undefined || number === 1053 || number === 1927 || number === 4031) {
    return new AppError('MYSQL_CONNECTION_LOST', { host, reason }, options)
  }
  if (missingPrivileges.has(number)) {
    // of several that would do the last is the narrowest
    const privilege = /need (?:\(at least one of\) )?the (.+?) privilege/i.exec(reason)?.[1]?.split(', ').at(-1)
    const advice =
      privilege === undefined
        ? `Grant ${user} what the message names.`
        : `Run GRANT ${privilege} ON *.* TO the account of ${user}, as an administrator.`
    return new AppError('MYSQL_PRIVILEGE_MISSING', { host, user, reason, advice }, options)
  }
  return new AppError('MYSQL_QUERY_FAILED', { host, statement: shorten(statement), reason, number }, options)
}

function shorten(statement: string): string {
  const line = statement.replaceAll(/\s+/g, ' ').trim()
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
