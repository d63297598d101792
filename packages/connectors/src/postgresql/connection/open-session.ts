import type { Socket } from 'node:net'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { cancelRequest, type CancelKey } from './client-message.ts'
import { logIn } from './login.ts'
import { MessageChannel } from './message-channel.ts'
import { openSocket, unreachable } from './open-socket.ts'
import { findPassword, passwordLineFor } from './password-file.ts'
import { askForTls, encrypt } from './secure-socket.ts'
import { Session, type SessionParts } from './session.ts'
import { describeHost, isSocketDirectory, type PostgresHost, type PostgresTarget } from './target.ts'
import { readTlsFiles } from './tls-files.ts'

export interface SessionRequest {
  readonly target: PostgresTarget
  readonly host: PostgresHost
  /** what is sent to the server first */
  readonly startup: ReadonlyMap<string, string>
  /** as pg_hba.conf and password files name it: a database, or "replication" */
  readonly database: string
  readonly silenceLimitMs: number
}

export interface OpenSession {
  readonly session: Session
  readonly parts: SessionParts
}

type Protection = 'plain' | 'tls' | 'tls-if-offered'

/** Connects to one host and logs in, by each way that sslmode allows, within the time limit. */
export async function openSession(request: SessionRequest, ctx: Context): Promise<OpenSession> {
  const [first, second] = protections(request)
  const files = first === 'plain' && second === undefined ? {} : await readTlsFiles(request.target.tls)
  try {
    return await withinTime(request, ctx, (signal) => attempt(request, first, files, signal))
  } catch (error) {
    if (second === undefined || !isWorthAnotherWay(error)) throw error
    return await withinTime(request, ctx, (signal) => attempt(request, second, files, signal)).catch(
      (later: unknown) => {
        // Refused either way: the first way is the one that was wanted.
        throw isAppError(later, 'POSTGRES_NOT_ADMITTED') || isAppError(later, 'POSTGRES_TLS_REFUSED') ? error : later
      },
    )
  }
}

function protections({ host, target }: SessionRequest): [Protection, Protection?] {
  if (isSocketDirectory(host.host)) return ['plain']
  switch (target.tls.mode) {
    case 'disable':
      return ['plain']
    case 'allow':
      return ['plain', 'tls']
    case 'prefer':
      return ['tls-if-offered', 'plain']
    default:
      return ['tls']
  }
}

function isWorthAnotherWay(error: unknown): boolean {
  return (
    isAppError(error, 'POSTGRES_NOT_ADMITTED') ||
    isAppError(error, 'POSTGRES_TLS_FAILED') ||
    isAppError(error, 'POSTGRES_TLS_UNTRUSTED')
  )
}

async function withinTime<Result>(
  { target, host }: SessionRequest,
  ctx: Context,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (ctx.signal.aborted) throw new AppError('INTERRUPTED', {}, { cause: ctx.signal.reason })
  const limit = new AbortController()
  const stop = (): void => limit.abort(new AppError('INTERRUPTED', {}, { cause: ctx.signal.reason }))
  ctx.signal.addEventListener('abort', stop, { once: true })
  const expire = (): void => limit.abort(unreachable(host, `no answer within ${target.connectTimeoutMs / 1000} s`))
  const timer = target.connectTimeoutMs > 0 ? setTimeout(expire, target.connectTimeoutMs) : undefined
  try {
    return await work(limit.signal)
  } finally {
    clearTimeout(timer)
    ctx.signal.removeEventListener('abort', stop)
  }
}

async function attempt(
  request: SessionRequest,
  protection: Protection,
  files: SecureContextOptions,
  signal: AbortSignal,
): Promise<OpenSession> {
  const { target, host, silenceLimitMs, startup, database } = request
  const socket = await openProtected(request, protection, files, signal)
  const isEncrypted = 'getPeerX509Certificate' in socket
  const name = describeHost(host)
  const channel = new MessageChannel(socket, { host: name, silenceLimitMs })
  const stop = (): void => channel.fail(asAppError(signal.reason, host))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    const occasion = { host: name, user: target.user, statement: 'the connection' }
    const overSocket = isSocketDirectory(host.host)
    const serverCertificate = isEncrypted ? socket.getPeerX509Certificate()?.raw : undefined
    const { localAddress, remoteAddress = '' } = socket
    const { parameters, cancelKey } = await logIn(
      channel,
      startup,
      {
        host: name,
        user: target.user,
        password: target.password ?? findPassword(target.passwordLines, host, database, target),
        passwordLine: passwordLineFor(host, target.user),
        ...(serverCertificate === undefined ? {} : { serverCertificate }),
        isPrivate: isEncrypted || overSocket || /^(?:127\.|::1$|::ffff:127\.)/.test(remoteAddress),
        channelBinding: target.channelBinding,
        ...(target.loginMethods === undefined ? {} : { loginMethods: target.loginMethods }),
      },
      { ...occasion, database, overSocket, isEncrypted, ...(localAddress === undefined ? {} : { localAddress }) },
    )
    const cancel = (): Promise<void> => cancelStatement(request, isEncrypted ? 'tls' : 'plain', files, cancelKey)
    const parts = { channel, host: name, user: target.user, parameters, cancel }
    return { session: new Session(parts), parts }
  } catch (error) {
    channel.fail(asAppError(error, host))
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function asAppError(error: unknown, host: PostgresHost): AppError {
  return isAppError(error) ? error : unreachable(host, error)
}

async function openProtected(
  request: SessionRequest,
  protection: Protection,
  files: SecureContextOptions,
  signal: AbortSignal,
): Promise<Socket | TLSSocket> {
  const { host, target } = request
  const socket = await openSocket(host, signal)
  if (protection === 'plain') return socket
  if (target.tls.negotiation === 'postgres' && !(await askForTls(socket, host, signal))) {
    if (protection === 'tls-if-offered') return socket
    socket.destroy()
    throw new AppError('POSTGRES_TLS_REFUSED', { host: describeHost(host), mode: target.tls.mode })
  }
  return await encrypt(socket, host, target.tls, files, signal)
}

/** Asks the server to stop what a session does. Best effort: the session's own connection is closed anyway. */
async function cancelStatement(
  request: SessionRequest,
  protection: Protection,
  files: SecureContextOptions,
  key: CancelKey | undefined,
): Promise<void> {
  if (key === undefined) return
  const signal = AbortSignal.timeout(5000)
  try {
    const socket = await openProtected(request, protection, files, signal)
    await new Promise<void>((done) => {
      socket.once('close', () => done())
      socket.once('error', () => done())
      signal.addEventListener('abort', () => socket.destroy(), { once: true })
      // The server answers by closing.
      socket.end(cancelRequest(key))
      socket.resume()
    })
  } catch {
    // Nothing depends on it.
  }
}
