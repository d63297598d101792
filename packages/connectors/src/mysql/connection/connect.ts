import { readFileSync } from 'node:fs'
import { connect as connectSocket, isIP } from 'node:net'
import { type Connection, type ConnectionOptions, createConnection } from 'mysql2'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { MysqlConnection, TextRows } from './connection.ts'
import { connectError, queryError } from './connection-error.ts'
import { describeVersion, isSupported, parseServerVersion } from './server-version.ts'
import { describeMysqlTarget, type MysqlTarget } from './target.ts'

/**
 * Opens a session, in UTC and utf8mb4. Fails with MYSQL_UNREACHABLE, MYSQL_ACCESS_DENIED, MYSQL_TLS_FAILED,
 * MYSQL_CONNECTIONS_EXHAUSTED, MYSQL_VERSION_UNSUPPORTED.
 */
export async function connectMysql(target: MysqlTarget, ctx: Context): Promise<MysqlConnection> {
  const raw = await openDriver(target, ctx)
  const host = describeMysqlTarget(target)
  const { user } = target
  const query = (sql: string, own: Context): Promise<Answer> => ask(raw, sql, { host, user }, own)
  try {
    const [[versionText = ''] = []] = (await query('SELECT VERSION()', ctx)).rows
    const version = parseServerVersion(versionText ?? '')
    if (version === undefined || !isSupported(version)) {
      const found = version === undefined ? String(versionText) : describeVersion(version)
      throw new AppError('MYSQL_VERSION_UNSUPPORTED', { host, version: found })
    }
    await query("SET time_zone = '+00:00'", ctx)
    return {
      host,
      user,
      version,
      query: async (sql, own) => (await query(sql, own)).rows,
      value: async (sql, own) => (await query(sql, own)).rows[0]?.[0] ?? null,
      record: async (sql, own) => {
        const { columns, rows } = await query(sql, own)
        const [row] = rows
        return row === undefined ? undefined : new Map(columns.map((name, at) => [name, row[at] ?? null]))
      },
      [Symbol.asyncDispose]: () => closeDriver(raw),
    }
  } catch (error) {
    dropDriver(raw)
    throw error
  }
}

/** The driver's connection itself, logged in: for what the driver has no command for. */
export async function openDriver(target: MysqlTarget, ctx: Context): Promise<Connection> {
  if (target.tls.mode !== 'preferred' || target.socket !== undefined) {
    return await login(target, target.socket === undefined && target.tls.mode !== 'disabled', ctx)
  }
  try {
    return await login(target, true, ctx)
  } catch (error) {
    if (!isAppError(error, 'MYSQL_TLS_FAILED')) throw error
    return await login(target, false, ctx)
  }
}

function login(target: MysqlTarget, withTls: boolean, ctx: Context): Promise<Connection> {
  const host = describeMysqlTarget(target)
  return new Promise((resolve, reject) => {
    if (ctx.signal.aborted) return reject(new AppError('INTERRUPTED', {}))
    const raw = createConnection(driverOptions(target, withTls))
    const onAbort = (): void => {
      dropDriver(raw)
      reject(new AppError('INTERRUPTED', {}))
    }
    ctx.signal.addEventListener('abort', onAbort, { once: true })
    // later failures reach whoever waits for an answer; without this they would end the process
    raw.on('error', () => {})
    raw.connect((error) => {
      ctx.signal.removeEventListener('abort', onAbort)
      if (error === null) return resolve(raw)
      dropDriver(raw)
      reject(connectError(error, { host, user: target.user }))
    })
  })
}

function driverOptions(
  { host, port, socket, user, password, database, tls, connectTimeoutMs }: MysqlTarget,
  withTls: boolean,
) {
  const options: ConnectionOptions = {
    ...(socket === undefined ? { host, port } : { socketPath: socket }),
    user,
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
    charset: 'utf8mb4_general_ci',
    connectTimeout: connectTimeoutMs,
    rowsAsArray: true,
    typeCast: (field) => field.string(),
    connectAttributes: { program_name: 'holdfast' },
  }
  if (!withTls) return options
  const isVerified = tls.mode === 'verify-ca' || tls.mode === 'verify-identity'
  const authority = tls.authority === undefined ? {} : { ca: readAuthority(tls.authority) }
  const verifyIdentity = tls.mode === 'verify-identity'
  return {
    ...options,
    ...(verifyIdentity && socket === undefined && isIP(host) !== 0 ? addressAsName(host, port) : {}),
    ssl: { rejectUnauthorized: isVerified, verifyIdentity, ...authority },
  }
}

/**
 * The driver compares a certificate with names only, and for an address with "localhost". With a dot at its end, which is
 * no part of it for the comparison, an address is taken for a name.
 */
function addressAsName(host: string, port: number): ConnectionOptions {
  return { host: `${host}.`, stream: () => connectSocket(port, host) }
}

function readAuthority(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError(
      'MYSQL_TARGET_INVALID',
      { reason: `ssl-ca: ${reason}`, advice: 'name a readable file' },
      { cause: error },
    )
  }
}

interface Answer {
  readonly columns: readonly string[]
  readonly rows: TextRows
}

function ask(
  raw: Connection,
  sql: string,
  who: { readonly host: string; readonly user: string },
  ctx: Context,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (ctx.signal.aborted) return reject(new AppError('INTERRUPTED', {}))
    // a statement cannot be taken back: the session goes with it
    const onAbort = (): void => {
      dropDriver(raw)
      reject(new AppError('INTERRUPTED', {}))
    }
    ctx.signal.addEventListener('abort', onAbort, { once: true })
    raw.query({ sql }, (error, rows, fields) => {
      ctx.signal.removeEventListener('abort', onAbort)
      if (error !== null) return reject(queryError(error, { ...who, statement: sql }))
      // with rowsAsArray and the cast above, what has columns is rows of texts
      const isTable = Array.isArray(rows)
      resolve({
        columns: isTable ? fields.map(({ name }) => name) : [],
        rows: isTable ? (rows as unknown as TextRows) : [],
      })
    })
  })
}

/** Ends the session at once. The driver's own `destroy` only closes our half, and the server would go on sending. */
export function dropDriver(raw: Connection): void {
  raw.destroy()
  // boundary: the types do not tell of the socket
  const { stream } = raw as unknown as { readonly stream: { destroy(): void } }
  stream.destroy()
}

function closeDriver(raw: Connection): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      dropDriver(raw)
      resolve()
    }, 2000)
    raw.end(() => {
      clearTimeout(late)
      dropDriver(raw)
      resolve()
    })
  })
}
