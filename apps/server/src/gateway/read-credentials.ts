/** What a client shows: a name (restic's user name, an agent's own), where it gives one, and a secret. */
export interface Credentials {
  readonly name?: string
  readonly secret: string
}

const longest = 4096

/** HTTP basic, as restic does it, or bearer. */
export function readCredentials(header: string | undefined): Credentials | undefined {
  if (header === undefined || header.length > longest) return undefined
  const [, scheme = '', value = ''] = /^(basic|bearer) +([A-Za-z0-9+/=._~-]+)$/i.exec(header) ?? []
  if (value === '') return undefined
  if (scheme.toLowerCase() === 'bearer') return { secret: value }
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : { name: text.slice(0, colon), secret: text.slice(colon + 1) }
}
