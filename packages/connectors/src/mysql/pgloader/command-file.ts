import { AppError } from '@holdfast/core/errors/app-error'
import { isSocketDirectory, type PostgresHost } from '../../postgresql/connection/target.ts'
import type { MysqlTarget } from '../connection/target.ts'

export interface PgloaderRoute {
  readonly from: Pick<MysqlTarget, 'host' | 'port' | 'socket' | 'user' | 'tls'>
  /** of MySQL; becomes a schema of this name */
  readonly database: string
  readonly to: {
    readonly host: PostgresHost
    readonly user: string
    readonly database: string
    readonly tlsMode: string
  }
}

/**
 * What pgloader is told: no password, which it takes from the environment. Its addresses know neither percent signs nor
 * quotes, so that names it could read as something else are refused, and it verifies no certificate, so that a connection
 * that insists on one is refused too. It is not told "include no drop", with which its release 3.6.7 makes no keys and no
 * indexes: the caller looks that there is no such schema yet. Fails with MYSQL_MIGRATION_IMPOSSIBLE. Source: pgloader manual, "LOAD DATABASE".
 */
export function pgloaderCommandFile({ from, database, to }: PgloaderRoute): string {
  if (!['disabled', 'preferred'].includes(from.tls.mode)) {
    throw refused(
      `pgloader does not insist on TLS to MySQL (ssl-mode=${from.tls.mode})`,
      'Use ?ssl-mode=preferred where the network itself is trusted, or a tunnel.',
    )
  }
  if (to.tlsMode.startsWith('verify')) {
    throw refused(
      `pgloader verifies no certificate (sslmode=${to.tlsMode})`,
      'Use sslmode=require where the network itself is trusted, or a tunnel.',
    )
  }
  const mysqlPlace = from.socket === undefined ? host(from.host) : `unix:${path(from.socket)}`
  const there = to.host.address ?? to.host.host
  const postgresPlace = isSocketDirectory(there) ? `unix:${path(there)}` : host(there)
  const mysql = `mysql://${name(from.user)}@${mysqlPlace}:${from.port}/${name(database)}`
  const postgres = `postgresql://${name(to.user)}@${postgresPlace}:${to.host.port}/${name(to.database)}`
  return [
    'LOAD DATABASE',
    `  FROM ${mysql}`,
    `  INTO ${postgres}?sslmode=${to.tlsMode === 'require' ? 'require' : to.tlsMode === 'disable' ? 'disable' : 'prefer'}`,
    '  WITH create tables, create indexes, foreign keys, reset sequences, quote identifiers;',
    '',
  ].join('\n')
}

function name(text: string): string {
  if (/^[A-Za-z_][\w-]*$/.test(text)) return text
  throw refused(
    `pgloader cannot be told of the name ${JSON.stringify(text)}`,
    'Names for it are letters, digits, _ and -: use another account, or rename the database.',
  )
}

function host(text: string): string {
  if (/^[A-Za-z0-9][\w.-]*$/.test(text)) return text
  throw refused(`pgloader cannot be told of the host ${text}`, 'Give its name or its IPv4 address.')
}

function path(text: string): string {
  if (/^\/[\w./-]*$/.test(text) && !text.includes(':')) return text
  throw refused(`pgloader cannot be told of the socket ${text}`, 'Connect to a host and a port.')
}

function refused(reason: string, advice: string): AppError {
  return new AppError('MYSQL_MIGRATION_IMPOSSIBLE', { reason, advice })
}
