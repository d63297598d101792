import { AppError } from '@holdfast/core/errors/app-error'

/** Settings as a connection text, a service or the environment gives them; psql's names. */
export type Settings = ReadonlyMap<string, string>

/**
 * A connection text as psql takes it: postgresql://user:password@host1:5432,host2/database?sslmode=require, or
 * "host=db1 user=backup dbname='my shop'". Fails with POSTGRES_TARGET_INVALID, whose message never holds a value.
 */
export function parseConnectionText(text: string): Settings {
  if (/^postgres(?:ql)?:\/\//i.test(text)) return parseUri(text)
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw invalid('it starts with another scheme than postgresql://')
  return parsePairs(text)
}

export function invalid(reason: string, advice = 'see the manual of psql, "Connection Strings"'): AppError {
  return new AppError('POSTGRES_TARGET_INVALID', { reason, advice })
}

const passwordAdvice = 'in a password write %40 for @, %2F for /, %3F for ?, %23 for #, %25 for %'

/** Written out instead of left to the URL class, which knows neither several hosts nor socket directories. */
function parseUri(text: string): Settings {
  const match = /^[a-z]+:\/\/(?:([^/?#@]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/i.exec(text)
  if (match === null) throw invalid('the URI is malformed', passwordAdvice)
  const [, login, places = '', database, query] = match
  // A password with an unwritten special character would end up as a host or a database, and so in messages.
  if (`${places}${database ?? ''}`.includes('@')) throw invalid('the URI has a "@" where none can be', passwordAdvice)
  const settings = new Map<string, string>()
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') settings.set(name, decode(name, value))
  }
  const colon = login?.indexOf(':') ?? -1
  put('user', colon === -1 ? login : login?.slice(0, colon))
  put('password', colon === -1 ? undefined : login?.slice(colon + 1))
  putPlaces(places, put)
  put('dbname', database)
  for (const pair of (query ?? '').split('&').filter((part) => part !== '')) {
    const [name = '', ...values] = pair.split('=')
    if (values.length !== 1) throw invalid(`the parameter ${name} has no value, or an "=" that is not written as %3D`)
    settings.set(uriName(decode('a parameter', name)), decode(name, values[0] ?? ''))
  }
  // As drivers for Java write it.
  if (settings.get('ssl') === 'true' && !settings.has('sslmode')) settings.set('sslmode', 'require')
  settings.delete('ssl')
  return settings
}

function putPlaces(places: string, put: (name: string, value: string) => void): void {
  const split = places.split(',').map((place) => {
    const match = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(place)
    if (match === null)
      throw invalid('a host or port is malformed', `write IPv6 addresses in brackets: [::1]:5432; ${passwordAdvice}`)
    return { host: (match[1] ?? '').replaceAll(/^\[|\]$/g, ''), port: match[2] ?? '' }
  })
  if (split.some(({ host }) => host !== '')) put('host', split.map(({ host }) => host).join(','))
  if (split.some(({ port }) => port !== '')) put('port', split.map(({ port }) => port).join(','))
}

/** What some drivers call otherwise. */
function uriName(name: string): string {
  return name === 'database' ? 'dbname' : name
}

function decode(name: string, value: string): string {
  try {
    const decoded = decodeURIComponent(value)
    if (decoded.includes('\0')) throw new Error('a zero character')
    return decoded
  } catch {
    throw invalid(`${name} has a percent sign that starts no character`, 'write a percent sign as %25')
  }
}

/** "key = value" pairs; values with spaces in single quotes, in which \' and \\ stand for themselves. */
function parsePairs(text: string): Settings {
  const settings = new Map<string, string>()
  const pair = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:\\[\s\S]|[^'\\])*)'(?=\s|$)|((?:\\[\s\S]|[^\s'\\])*)(?=\s|$))/y
  let end = 0
  while (text.slice(end).trim() !== '') {
    pair.lastIndex = end
    const match = pair.exec(text)
    if (match === null)
      throw invalid(afterWhat(settings), "a value with spaces or quotes stands in single quotes: password='it\\'s'")
    settings.set(match[1] ?? '', (match[2] ?? match[3] ?? '').replaceAll(/\\([\s\S])/g, '$1'))
    end = pair.lastIndex
  }
  return settings
}

function afterWhat(settings: Settings): string {
  const last = [...settings.keys()].at(-1)
  return last === undefined ? 'it is neither a URI nor key=value pairs' : `what follows ${last} is no key=value pair`
}
