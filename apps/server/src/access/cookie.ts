/** A cookie of the request; undefined when it has none of the name, or one that we have not made. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const [key, value = ''] = part.trim().split('=')
    if (key === name && /^[A-Za-z0-9_.-]+$/.test(value)) return value
  }
  return undefined
}

export interface CookieOptions {
  readonly isSecure: boolean
  /** 0 takes the cookie away */
  readonly maxAgeSeconds: number
  /** `Lax`: also sent when another site leads here, as a provider of identities does */
  readonly sameSite: 'Strict' | 'Lax'
  readonly path: string
}

/** The value of a Set-Cookie header (RFC 6265). No script of a page can read it. */
export function writeCookie(name: string, value: string, options: CookieOptions): string {
  const { isSecure, maxAgeSeconds, sameSite, path } = options
  const parts = [`${name}=${value}`, `Path=${path}`, `Max-Age=${maxAgeSeconds}`, 'HttpOnly', `SameSite=${sameSite}`]
  return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ')
}
