import { isIP, type Socket } from 'node:net'
import { connect, type ConnectionOptions, type SecureContextOptions, type TLSSocket } from 'node:tls'
import { AppError } from '@holdfast/core/errors/app-error'
import { tlsRequest } from './client-message.ts'
import { unreachable } from './open-socket.ts'
import { describeHost, type PostgresHost, type TlsSettings } from './target.ts'

/** Asks the server whether it speaks TLS. */
export async function askForTls(socket: Socket, target: PostgresHost, signal: AbortSignal): Promise<boolean> {
  const answer = await withSocket(socket, target, signal, (done) => {
    socket.once('data', (bytes: Uint8Array) => done(Buffer.from(bytes)))
    socket.write(tlsRequest())
  })
  socket.pause()
  const host = describeHost(target)
  // Bytes behind the answer would have been sent by somebody who wants them taken for part of the encrypted connection.
  if (Buffer.isBuffer(answer) && answer.length === 1) {
    if (answer[0] === 0x53) return true
    if (answer[0] === 0x4e) return false
  }
  socket.destroy()
  // An error before TLS may come from anyone on the way and is not shown.
  const reason = 'it answers the question for TLS with something else than yes or no'
  throw new AppError('POSTGRES_PROTOCOL_VIOLATED', { host, reason })
}

/**
 * Encrypts a connection. Fails with POSTGRES_TLS_UNTRUSTED when the certificate does not satisfy the mode, and
 * POSTGRES_TLS_FAILED when no connection comes about.
 */
export async function encrypt(
  socket: Socket,
  target: PostgresHost,
  settings: TlsSettings,
  files: SecureContextOptions,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const isVerified = settings.mode.startsWith('verify') || files.ca !== undefined
  const options: ConnectionOptions = {
    ...files,
    socket,
    host: target.host,
    ALPNProtocols: ['postgresql'],
    rejectUnauthorized: isVerified,
    ...(settings.sendsServerName && isIP(target.host) === 0 ? { servername: target.host } : {}),
    ...(settings.mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  }
  const host = describeHost(target)
  let secured: TLSSocket
  try {
    secured = connect(options)
  } catch (error) {
    // Certificates and keys that OpenSSL cannot read.
    throw new AppError('POSTGRES_TLS_FAILED', { host, reason: describe(error) }, { cause: error })
  }
  await withSocket(secured, target, signal, (done) => secured.once('secureConnect', done), tlsError)
  if (settings.negotiation === 'direct' && secured.alpnProtocol !== 'postgresql') {
    secured.destroy()
    throw new AppError('POSTGRES_TLS_FAILED', { host, reason: 'the server does not speak sslnegotiation=direct' })
  }
  return secured
}

/** Waits for one thing of a socket, or its failure, or the signal. The socket is destroyed unless it comes. */
async function withSocket(
  socket: Socket,
  target: PostgresHost,
  signal: AbortSignal,
  start: (done: (value?: unknown) => void) => void,
  failure: (target: PostgresHost, error: unknown) => AppError = unreachable,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const stop = (): void => reject(signal.reason)
  const closed = (): void => reject(new Error('the server closed the connection'))
  signal.addEventListener('abort', stop, { once: true })
  socket.once('error', reject)
  socket.once('close', closed)
  if (signal.aborted) stop()
  start(resolve)
  try {
    return await promise
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    if (signal.aborted) throw signal.reason
    throw failure(target, error)
  } finally {
    signal.removeEventListener('abort', stop)
    socket.off('error', reject)
    socket.off('close', closed)
  }
}

/** What Node says about a certificate, not about the handshake. */
const untrusted =
  /^(?:CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/

function tlsError(target: PostgresHost, error: unknown): AppError {
  const host = describeHost(target)
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const isUntrusted = untrusted.test(code)
  return new AppError(
    isUntrusted ? 'POSTGRES_TLS_UNTRUSTED' : 'POSTGRES_TLS_FAILED',
    { host, reason: describe(error) },
    { cause: error },
  )
}

function describe(error: unknown): string {
  if (isMisnamed(error)) {
    const names = error.cert.subjectaltname || (error.cert.subject?.CN ?? 'nobody')
    return `it is for ${names}, not for ${error.host}`
  }
  return error instanceof Error ? error.message : String(error)
}

interface MisnamedError {
  readonly host: string
  readonly cert: { readonly subject?: { readonly CN?: string }; readonly subjectaltname?: string }
}

/** Node's error for a certificate that names other hosts. */
function isMisnamed(error: unknown): error is MisnamedError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_TLS_CERT_ALTNAME_INVALID' && 'cert' in error
}
