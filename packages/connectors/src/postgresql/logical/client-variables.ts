import { existsSync } from 'node:fs'
import { AppError } from '@holdfast/core/errors/app-error'
import { findPassword } from '../connection/password-file.ts'
import type { PostgresHost, PostgresTarget, TlsFile } from '../connection/target.ts'

/** Where a client program finds the server: as from here, or as from inside the container it runs in. */
export interface ClientConnection {
  readonly target: PostgresTarget
  readonly host: PostgresHost
  readonly database: string
  readonly applicationName: string
  /** a container has neither this machine's files nor its way to the server */
  readonly isInside: boolean
}

/**
 * The whole connection as the environment that libpq reads (PostgreSQL documentation, "Environment Variables"): nothing of
 * it can be mistaken for an option or for another connection, and no other user sees it. Nothing else is inherited.
 */
export function clientVariables(connection: ClientConnection): Record<string, string> {
  const { target, host, database, applicationName, isInside } = connection
  const password = target.password ?? findPassword(target.passwordLines, host, database, target)
  if (target.tls.keyPassword !== undefined) {
    throw new AppError('POSTGRES_TARGET_INVALID', {
      reason: 'sslpassword cannot be passed to pg_dump without others seeing it',
      advice: 'use a key file without password, readable by its owner only',
    })
  }
  const timeoutSeconds = Math.ceil(target.connectTimeoutMs / 1000)
  return {
    PGHOST: host.host,
    ...(host.address === undefined ? {} : { PGHOSTADDR: host.address }),
    PGPORT: String(host.port),
    PGUSER: target.user,
    PGDATABASE: database,
    ...(password === undefined ? {} : { PGPASSWORD: password }),
    PGAPPNAME: applicationName,
    PGCONNECT_TIMEOUT: String(timeoutSeconds),
    PGCHANNELBINDING: target.channelBinding,
    PGCLIENTENCODING: 'UTF8',
    ...(target.options === undefined ? {} : { PGOPTIONS: target.options }),
    ...(target.loginMethods === undefined ? {} : { PGREQUIREAUTH: target.loginMethods.join(',') }),
    ...(isInside ? { PGSSLMODE: target.tls.mode === 'disable' ? 'disable' : 'prefer' } : tlsVariables(target)),
    // messages whose words we know
    LC_ALL: 'C',
  }
}

function tlsVariables({ tls }: PostgresTarget): Record<string, string> {
  return {
    PGSSLMODE: tls.mode,
    ...(tls.negotiation === 'postgres' ? {} : { PGSSLNEGOTIATION: tls.negotiation }),
    PGSSLSNI: tls.sendsServerName ? '1' : '0',
    PGSSLMINPROTOCOLVERSION: tls.minimumVersion,
    ...fileVariable('PGSSLROOTCERT', tls.rootCertificate),
    ...fileVariable('PGSSLCERT', tls.certificate),
    ...fileVariable('PGSSLKEY', tls.key),
    ...fileVariable('PGSSLCRL', tls.revocationList),
  }
}

/** libpq would fail on a named file that is not there. */
function fileVariable(name: string, file: TlsFile | undefined): Record<string, string> {
  if (file === undefined || (file.isDefault && !existsSync(file.path))) return {}
  return { [name]: file.path }
}

/** A connection text that means this database whatever its name looks like: for --dbname. */
export function databaseArgument(database: string): string {
  return `dbname='${database.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
