import { isIPv4, isIPv6 } from 'node:net'
import type { ServerSettings } from '@holdfast/core/config/effective-config'
import { AppError } from '@holdfast/core/errors/app-error'

/** `open`: nobody has to sign in, because only this machine can ask; `closed`: everybody has to. */
export type Openness = 'open' | 'closed'

type Listening = Pick<ServerSettings, 'listen' | 'auth' | 'tls' | 'behindProxy'>

/**
 * A proxy lets the whole world ask from a loopback address, so behind one nobody is local.
 * @throws AppError SERVER_OPEN_TO_NETWORK when others could listen to what is said
 */
export function opennessOf({ listen, auth, tls, behindProxy }: Listening): Openness {
  if (behindProxy) return 'closed'
  if (isLoopbackName(listen.host)) return auth === 'loopback-open' ? 'open' : 'closed'
  if (tls === undefined) throw new AppError('SERVER_OPEN_TO_NETWORK', { address: `${listen.host}:${listen.port}` })
  return 'closed'
}

/** An address or name that leads to this machine and nowhere else (RFC 6761, 6.3; RFC 1122, 3.2.1.3). */
export function isLoopbackName(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  if (isIPv4(name)) return name.startsWith('127.')
  if (isIPv6(name)) return name === '::1' || name.startsWith('::ffff:127.')
  return name === 'localhost' || name.endsWith('.localhost')
}
