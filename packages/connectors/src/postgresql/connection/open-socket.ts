import { connect, type Socket } from 'node:net'
import { AppError } from '@holdfast/core/errors/app-error'
import { describeHost, isSocketDirectory, type PostgresHost } from './target.ts'

/** Read at once at most, into memory that is used for every read: new memory for each would all be garbage soon. */
const readBytes = 256 << 10

/** A connected socket. What its event `data` gives is valid during the call only. Fails with POSTGRES_UNREACHABLE, or with the signal's reason when that is aborted. */
export async function openSocket(target: PostgresHost, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted()
  const path = socketPath(target)
  const callback = (count: number, bytes: Uint8Array): boolean => {
    socket.emit('data', bytes.subarray(0, count))
    return !socket.isPaused()
  }
  const onread = { buffer: Buffer.allocUnsafeSlow(readBytes), callback }
  const place = path === undefined ? { port: target.port, host: target.address ?? target.host } : { path }
  const socket = connect({ ...place, onread })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  socket.once('connect', resolve)
  socket.once('error', reject)
  try {
    await promise
    return socket
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    if (signal.aborted) throw signal.reason
    throw unreachable(target, error)
  } finally {
    signal.removeEventListener('abort', stop)
    socket.off('connect', resolve)
    socket.off('error', reject)
  }
}

function socketPath({ host, port }: PostgresHost): string | undefined {
  if (!isSocketDirectory(host)) return undefined
  return host.startsWith('@') ? `\0${host.slice(1)}/.s.PGSQL.${port}` : `${host}/.s.PGSQL.${port}`
}

export function unreachable(target: PostgresHost, cause: unknown): AppError {
  const reason = reasonOf(target, cause)
  return new AppError('POSTGRES_UNREACHABLE', { host: describeHost(target), reason }, { cause })
}

function reasonOf(target: PostgresHost, error: unknown): string {
  // Node tries each address of a name and reports all failures in one error without a message.
  if (error instanceof AggregateError) return [...new Set(error.errors.map((one) => reasonOf(target, one)))].join('; ')
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return `there is no socket ${socketPath(target) ?? ''}`
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${target.host} cannot be resolved`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `no answer (${code})`
    default:
      return error.message
  }
}
