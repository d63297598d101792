import type { FastifyRequest } from 'fastify'

/** How the request looks to the client, and from where it came. */
export interface ApparentRequest {
  readonly address: string
  /** "backup.example.org:8443" */
  readonly host: string
  /** "https://backup.example.org:8443" */
  readonly origin: string
  readonly isSecure: boolean
}

type Seen = Pick<FastifyRequest, 'headers'> & { readonly raw: Pick<FastifyRequest['raw'], 'socket'> }

/**
 * What a client says of itself by X-Forwarded-… is believed of nobody but the one proxy in front, which adds itself at the
 * end: what stands before that may be invented.
 */
export function apparentRequest({ headers, raw: { socket } }: Seen, behindProxy: boolean): ApparentRequest {
  const forwarded = (name: string): string | undefined => {
    const value = behindProxy ? headers[name] : undefined
    return (Array.isArray(value) ? value.join(',') : value)?.split(',').at(-1)?.trim() || undefined
  }
  // who is behind a proxy speaks HTTPS: that is what the setting says
  const scheme = forwarded('x-forwarded-proto') ?? (behindProxy || 'encrypted' in socket ? 'https' : 'http')
  const host = (forwarded('x-forwarded-host') ?? headers.host ?? '').toLowerCase()
  return {
    address: forwarded('x-forwarded-for') ?? socket.remoteAddress ?? '',
    host,
    origin: `${scheme}://${host}`,
    isSecure: scheme === 'https',
  }
}

/**
 * What of an address is one client: of IPv6 everybody has as many as they like, but one network (RFC 6177). Some proxies
 * say the port, too, which is another each time.
 */
export function clientOf(address: string): string {
  const [, bare = address] = /^\[([^\]]+)\](?::\d+)?$/.exec(address) ?? []
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(bare)?.[1]
  if (v4 !== undefined || !bare.includes(':')) return v4 ?? bare
  const [head = '', tail] = bare.split('%', 1)[0]?.split('::') ?? []
  const groups = head.split(':').filter((group) => group !== '')
  const missing = Math.max(0, 8 - groups.length)
  const filled = tail === undefined ? groups : [...groups, ...Array<string>(missing).fill('0')]
  return `${filled.slice(0, 4).join(':')}::/64`
}
