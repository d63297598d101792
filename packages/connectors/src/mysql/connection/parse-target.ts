import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { readOptionFile } from './option-file-text.ts'
import type { MysqlTarget, MysqlTls } from './target.ts'

/** What a connection is completed from, as the programs of MySQL do. */
export interface MysqlSurroundings {
  variable(name: string): string | undefined
  readonly homeDirectory: string
  readonly userName: string
}

const tlsModes = ['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity'] as const
const knownParameters = ['socket', 'ssl-mode', 'ssl-ca', 'connect-timeout']
const defaultTimeoutMs = 10_000

/**
 * Reads mysql://user@host:port,host:port/database?socket=…&ssl-mode=…&ssl-ca=…; mariadb:// is the same. User, password and socket
 * that it does not name come from MYSQL_PWD and the group [client] of ~/.my.cnf. Fails with MYSQL_TARGET_INVALID.
 */
export function parseMysqlTarget(given: string, surroundings: MysqlSurroundings): MysqlTarget {
  const { text, further } = divideHosts(given)
  const url = URL.parse(text.replace(/^(?:mysql|mariadb):/, 'http:'))
  if (/^(?:mysql|mariadb):\/\/(?:[^/?#]*@)?\//.test(text)) {
    throw invalid('it names no host', 'a database comes behind the host, as in mysql://localhost/shop')
  }
  if (url === null || !/^(?:mysql|mariadb):\/\//.test(text)) {
    throw invalid('it is no address', 'signs such as @ and / in names are written %40 and %2F')
  }
  const parameters = readParameters(url)
  const file = readOptionFile(readText(join(surroundings.homeDirectory, '.my.cnf')), ['client', 'client-mariadb'])
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1')) || file.get('host') || 'localhost'
  // as the programs of MySQL do, which mean the socket when they are told "localhost"
  const isHere = (url.hostname === 'localhost' || url.hostname === '') && url.port === '' && further.length === 0
  const socket = parameters.get('socket') ?? (isHere ? file.get('socket') : undefined)
  const password = decode(url.password) || surroundings.variable('MYSQL_PWD') || file.get('password')
  const database = decode(url.pathname.slice(1))
  if (further.length > 0 && socket !== undefined) throw invalid('it names several hosts and a socket', 'leave one out')
  return {
    host,
    ...(further.length === 0 ? {} : { others: further.map(readHost) }),
    port: url.port === '' ? Number(file.get('port') ?? 3306) : Number(url.port),
    ...(socket === undefined ? {} : { socket }),
    user: decode(url.username) || file.get('user') || surroundings.userName,
    ...(password === undefined || password === '' ? {} : { password }),
    passwordInText: url.password !== '',
    ...(database === '' ? {} : { database }),
    tls: readTls(parameters, file),
    connectTimeoutMs: readTimeout(parameters.get('connect-timeout')),
  }
}

/** A URL has one host: the first stays in it. */
function divideHosts(given: string): { readonly text: string; readonly further: readonly string[] } {
  const [, before = '', hosts = '', after = ''] = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/s.exec(given) ?? []
  const [first, ...further] = hosts.split(',')
  return further.length === 0 ? { text: given, further } : { text: `${before}${first}${after}`, further }
}

function readHost(text: string): Pick<MysqlTarget, 'host' | 'port'> {
  const url = URL.parse(`http://${text}`)
  if (url === null || url.hostname === '') throw invalid(`${JSON.stringify(text)} is no host`, 'divide hosts by commas')
  return { host: decode(url.hostname.replace(/^\[(.*)\]$/, '$1')), port: url.port === '' ? 3306 : Number(url.port) }
}

function readParameters(url: URL): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const [name, value] of url.searchParams) {
    const plain = name.replaceAll('_', '-')
    if (!knownParameters.includes(plain)) {
      throw invalid(`it has no setting ${JSON.stringify(name)}`, `known are ${knownParameters.join(', ')}`)
    }
    parameters.set(plain, value)
  }
  return parameters
}

function readTls(parameters: ReadonlyMap<string, string>, file: ReadonlyMap<string, string>): MysqlTls {
  const authority = parameters.get('ssl-ca') ?? file.get('ssl-ca')
  const asked = (parameters.get('ssl-mode') ?? modeOf(file)).toLowerCase().replaceAll('_', '-')
  const mode = tlsModes.find((known) => known === asked)
  if (mode === undefined) throw invalid(`ssl-mode is ${JSON.stringify(asked)}`, `it is one of ${tlsModes.join(', ')}`)
  return { mode, ...(authority === undefined ? {} : { authority }) }
}

/** What an option file asks for, in the words of either family. */
function modeOf(file: ReadonlyMap<string, string>): string {
  const isOn = (name: string): boolean => file.has(name) && !/^(?:0|off|false)$/i.test(file.get(name) ?? '')
  const known = file.get('ssl-mode')
  if (known !== undefined) return known
  if (isOn('ssl-verify-server-cert')) return 'verify-identity'
  if (isOn('skip-ssl') || isOn('disable-ssl') || (file.has('ssl') && !isOn('ssl'))) return 'disabled'
  return isOn('ssl') ? 'required' : 'preferred'
}

function readTimeout(seconds: string | undefined): number {
  if (seconds === undefined) return defaultTimeoutMs
  if (/^[1-9]\d{0,4}$/.test(seconds)) return Number(seconds) * 1000
  throw invalid(`connect-timeout is ${JSON.stringify(seconds)}`, 'give whole seconds')
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    throw new AppError(
      'MYSQL_TARGET_INVALID',
      { reason: 'a percent sign is not followed by two digits', advice: 'write %25 for a percent sign' },
      { cause: error },
    )
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function invalid(reason: string, advice: string): AppError {
  return new AppError('MYSQL_TARGET_INVALID', { reason, advice })
}
