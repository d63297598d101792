/** What a client shows: a name (restic's user name, an agent's own; any, or none, with a token), and a secret. */
export interface Credentials {
  readonly name?: string
  readonly secret: string
}

const longest = 4096

/** HTTP basic (RFC 7617), as restic does it, or bearer (RFC 6750); undefined for anything else. */
export function readCredentials(header: string | undefined): Credentials | undefined {
  if (header === undefined || header.length > longest) return undefined
  const [, scheme = '', value = ''] = /^(basic|bearer) +([A-Za-z0-9+/=._~-]+)$/i.exec(header) ?? []
  if (value === '') return undefined
  if (scheme.toLowerCase() === 'bearer') return { secret: value }
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { name: text.slice(0, colon), secret: text.slice(colon + 1) }
}
