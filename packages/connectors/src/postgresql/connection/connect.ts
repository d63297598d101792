import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from './connection.ts'
import { startCopyBoth } from './copy-both.ts'
import { type OpenSession, openSession } from './open-session.ts'
import { hostSuits, prepareSession } from './session-settings.ts'
import { runQuery, runStream } from './statement.ts'
import {
  describeHost,
  isSocketDirectory,
  type PostgresHost,
  type PostgresTarget,
  type SessionWanted,
} from './target.ts'
import { oldestVersion, versionNumber } from './version.ts'

export interface ConnectOptions {
  /**
   * A session that takes replication commands and SHOW, not SQL. It is let in by a line of pg_hba.conf for the database
   * "replication", and needs a role with REPLICATION.
   */
  readonly replication?: 'physical'
  /** instead of the target's */
  readonly database?: string
  readonly applicationName?: string
  /** whatever the target wants, the session must be able to write: never on a standby */
  readonly readWrite?: boolean
  /**
   * Schemas in which names without schema are looked for. "none" (default): pg_catalog only, so that nobody who can
   * create objects can put theirs in the way of ours. "role": as the role and the database have it set.
   */
  readonly searchPath?: 'none' | 'role'
  /** While an answer is awaited and not one byte comes for so long, the session fails with POSTGRES_CONNECTION_LOST. 0: never (default). */
  readonly silenceLimitMs?: number
}

/**
 * A session with the first of the target's hosts that can be reached and is what `sessionWanted` says. Like psql, a host
 * that refuses the login ends the search; one that is down, starting, full or of the wrong kind does not. Fails with
 * POSTGRES_UNREACHABLE, POSTGRES_NO_SUITABLE_HOST, and the codes of a refused login.
 */
export async function connectPostgres(
  target: PostgresTarget,
  options: ConnectOptions,
  ctx: Context,
): Promise<PostgresConnection> {
  const wanted = options.readWrite === true && target.sessionWanted !== 'primary' ? 'read-write' : target.sessionWanted
  const failures: AppError[] = []
  const unsuitable: string[] = []
  for (const kind of wanted === 'prefer-standby' ? (['standby', 'any'] as const) : [wanted]) {
    for await (const host of addressesOf(target, kind)) {
      const outcome = await tryHost(target, host, kind, options, ctx)
      if ('query' in outcome) return outcome
      if ('error' in outcome) failures.push(outcome.error)
      else unsuitable.push(outcome.reason)
    }
  }
  throw summary(target, wanted, failures, unsuitable)
}

type Outcome = PostgresConnection | { readonly error: AppError } | { readonly reason: string }

async function tryHost(
  target: PostgresTarget,
  host: PostgresHost,
  kind: SessionWanted,
  options: ConnectOptions,
  ctx: Context,
): Promise<Outcome> {
  let opened: OpenSession | undefined
  try {
    opened = await openSession(
      {
        target,
        host,
        startup: startupParameters(target, options),
        database: options.replication === 'physical' ? 'replication' : databaseOf(target, options),
        silenceLimitMs: options.silenceLimitMs ?? 0,
      },
      ctx,
    )
    const connection = connectionOf(opened)
    if (connection.versionNumber < oldestVersion) {
      const version = connection.parameters.get('server_version') ?? '?'
      throw new AppError('POSTGRES_VERSION_UNSUPPORTED', { host: connection.host, version })
    }
    if (options.replication === undefined) await prepareSession(connection, options.searchPath ?? 'none', ctx)
    if (await hostSuits(connection, kind, ctx)) return connection
    await connection[Symbol.asyncDispose]()
    return { reason: `${connection.host} is not` }
  } catch (error) {
    await opened?.session.close()
    if (isAppError(error) && mayAnotherHostDo(error)) return { error }
    throw error
  }
}

function connectionOf({ session, parts }: OpenSession): PostgresConnection {
  return {
    host: parts.host,
    parameters: parts.parameters,
    versionNumber: versionNumber(parts.parameters.get('server_version') ?? ''),
    query: (sql, ctx) => runQuery(session, sql, ctx),
    stream: (sql, ctx) => runStream(session, sql, ctx),
    copyBoth: (sql, ctx) => startCopyBoth(session, sql, ctx),
    [Symbol.asyncDispose]: () => session.close(),
  }
}

function databaseOf(target: PostgresTarget, options: ConnectOptions): string {
  return options.database ?? target.database ?? target.user
}

function startupParameters(target: PostgresTarget, options: ConnectOptions): Map<string, string> {
  return new Map([
    ['user', target.user],
    ['database', databaseOf(target, options)],
    ...(options.replication === 'physical' ? ([['replication', 'true']] as const) : []),
    ['application_name', options.applicationName ?? target.applicationName ?? 'holdfast'],
    ['client_encoding', 'UTF8'],
    ['DateStyle', 'ISO'],
    ['TimeZone', 'UTC'],
    ...(target.options === undefined ? [] : ([['options', target.options]] as const)),
  ])
}

/**
 * Where a kind of host is wanted, every address of a name is a host of its own, since one name may stand for a whole
 * cluster. Otherwise Node tries them all, and takes the first that answers.
 */
async function* addressesOf(target: PostgresTarget, kind: SessionWanted): AsyncGenerator<PostgresHost> {
  for (const host of target.hosts) {
    const isName = host.address === undefined && isIP(host.host) === 0 && !isSocketDirectory(host.host)
    // A name that cannot be resolved is reported by connecting to it.
    const addresses = kind === 'any' || !isName ? [] : await lookup(host.host, { all: true }).catch(() => [])
    if (addresses.length < 2) yield host
    else for (const { address } of addresses) yield { ...host, address }
  }
}

function mayAnotherHostDo(error: AppError): boolean {
  return error.retryable && error.code !== 'INTERRUPTED'
}

function summary(
  target: PostgresTarget,
  wanted: SessionWanted,
  failures: readonly AppError[],
  unsuitable: readonly string[],
): AppError {
  const [only] = failures
  if (only !== undefined && failures.length === 1 && unsuitable.length === 0) return only
  const hosts = target.hosts.map(describeHost).join(', ')
  const reason = [...new Set([...unsuitable, ...failures.map((error) => error.message)])].join('; ')
  if (unsuitable.length > 0) return new AppError('POSTGRES_NO_SUITABLE_HOST', { hosts, wanted, reason })
  return new AppError('POSTGRES_UNREACHABLE', { host: hosts, reason }, { cause: only })
}
