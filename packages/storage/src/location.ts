import { resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'

export type Location = LocalLocation | S3Location | RestLocation | MemoryLocation

export interface LocalLocation {
  readonly kind: 'local'
  /** absolute */
  readonly path: string
}

export interface S3Location {
  readonly kind: 's3'
  /** scheme, host and port: `https://s3.amazonaws.com` */
  readonly endpoint: string
  readonly bucket: string
  /** without slashes at its ends; empty for the whole bucket */
  readonly prefix: string
}

export interface RestLocation {
  readonly kind: 'rest'
  readonly scheme: 'http' | 'https'
  /** host name and port as an HTTP request names them; `localhost` for a socket */
  readonly host: string
  /** a Unix socket to speak to instead of the host */
  readonly socketPath?: string
  /** begins and ends with a slash */
  readonly path: string
  readonly username?: string
  readonly password?: string
}

/** Not reachable from a text: for tests and for programs that use the library. */
export interface MemoryLocation {
  readonly kind: 'memory'
  readonly name: string
}

/**
 * Understands where a repository lies, in restic's spelling: a path, `local:path`, `s3:https://host/bucket/prefix`,
 * `s3:host/bucket/prefix`, `rest:https://user:password@host:port/path/` or `rest:http+unix:///socket:/path/`. Fails with
 * STORAGE_LOCATION_INVALID, without repeating a password.
 */
export function parseLocation(text: string): Location {
  if (text === '') throw invalid(text, 'it is empty')
  if (text.startsWith('local:')) return localLocation(text, text.slice('local:'.length))
  if (text.startsWith('s3:')) return s3Location(text, text.slice('s3:'.length))
  if (text.startsWith('rest:')) return restLocation(text, text.slice('rest:'.length))
  const colon = text.indexOf(':')
  // "backup:old" may be a folder, but more likely a scheme that is not known; a path can be written ./backup:old.
  if (colon >= 0 && !text.slice(0, colon).includes('/')) {
    const scheme = text.slice(0, colon)
    const reason = /^https?$/.test(scheme)
      ? `put rest: or s3: before it, depending on the server`
      : `${scheme}: is not a kind of storage known here; a path with a colon is written local:path`
    throw invalid(text, reason)
  }
  return localLocation(text, text)
}

/** For people: the location as it was written, but never with a password. */
export function formatLocation(location: Location): string {
  switch (location.kind) {
    case 'local':
      return location.path
    case 's3':
      return `s3:${location.endpoint}/${[location.bucket, location.prefix].filter((part) => part !== '').join('/')}`
    case 'rest': {
      if (location.socketPath !== undefined) {
        return `rest:${location.scheme}+unix://${location.socketPath}:${location.path}`
      }
      const password = location.password === undefined ? '' : ':***'
      const user = location.username === undefined ? '' : `${encodeURIComponent(location.username)}${password}@`
      return `rest:${location.scheme}://${user}${location.host}${location.path}`
    }
    case 'memory':
      return `memory:${location.name}`
  }
}

function localLocation(text: string, path: string): LocalLocation {
  if (path === '') throw invalid(text, 'the path is empty')
  if (path.includes('\0')) throw invalid(text.replaceAll('\0', '\\0'), 'a path cannot hold a zero byte')
  return { kind: 'local', path: resolve(path) }
}

function s3Location(text: string, rest: string): S3Location {
  const scheme = /^https?:\/\//.test(rest)
  const url = parseUrl(text, scheme ? rest : `https://${rest.replace(/^\/\//, '')}`)
  if (url.username !== '' || url.password !== '') {
    throw invalid(text, 'keys do not belong in it; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  }
  refuseQuery(text, url)
  if (!scheme && url.port === '' && url.hostname !== 'localhost' && !/[.:]/.test(url.hostname)) {
    throw invalid(text, `${url.hostname} is not a host; a bucket of Amazon S3 is s3:s3.amazonaws.com/bucket/prefix`)
  }
  const [bucket = '', ...prefix] = decoded(text, url.pathname)
    .split('/')
    .filter((part) => part !== '')
  if (bucket === '') throw invalid(text, 'the bucket is missing')
  if (prefix.some((part) => part === '.' || part === '..')) throw invalid(text, 'the prefix holds . or ..')
  return { kind: 's3', endpoint: url.origin, bucket, prefix: prefix.join('/') }
}

function restLocation(text: string, rest: string): RestLocation {
  const [, scheme, socketPath, socketUrlPath] = /^(https?)\+unix:\/\/(\/[^:]+):(\/.*)?$/.exec(rest) ?? []
  if (socketPath !== undefined) {
    const path = folderPath(socketUrlPath ?? '/')
    return { kind: 'rest', scheme: scheme === 'https' ? 'https' : 'http', host: 'localhost', socketPath, path }
  }
  if (!/^https?:\/\//.test(rest))
    throw invalid(text, 'after rest: comes http://, https:// or http+unix:///socket:/path/')
  const url = parseUrl(text, rest)
  refuseQuery(text, url)
  if (url.password !== '' && url.pathname.includes('@')) {
    throw invalid(text, 'a slash in the password is written %2F, an @ in the path %40')
  }
  return {
    kind: 'rest',
    scheme: url.protocol === 'http:' ? 'http' : 'https',
    host: url.host,
    path: folderPath(url.pathname),
    ...(url.username === '' ? {} : { username: decoded(text, url.username) }),
    ...(url.password === '' ? {} : { password: decoded(text, url.password) }),
  }
}

function folderPath(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}

function parseUrl(text: string, url: string): URL {
  try {
    return new URL(url)
  } catch {
    throw invalid(text, 'the address is not a valid URL')
  }
}

function refuseQuery(text: string, url: URL): void {
  if (url.search !== '' || url.hash !== '') throw invalid(text, 'it holds ? or #; write them as %3F and %23')
}

function decoded(text: string, part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw invalid(text, 'a % in it is not followed by two hex digits')
  }
}

function invalid(text: string, reason: string): AppError<'STORAGE_LOCATION_INVALID'> {
  // Whatever stands between the first "//user:" and the last "@" may be a password, however badly it is written.
  const location = text.replace(/\/\/([^/:@]*):.*@/s, '//$1:***@')
  return new AppError('STORAGE_LOCATION_INVALID', { location: JSON.stringify(location), reason })
}
