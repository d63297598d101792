import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { invalid, parseConnectionText, type Settings } from './connection-text.ts'
import { checkSettings, settingVariables } from './known-settings.ts'
import { readPasswordFile } from './password-file.ts'
import { readService } from './service-file.ts'
import type {
  LoginMethod,
  PostgresHost,
  PostgresTarget,
  SessionWanted,
  SslMode,
  TlsFile,
  TlsSettings,
  TlsVersion,
} from './target.ts'

/** What a connection text leaves open comes from here. */
export interface TargetSurroundings {
  variable(name: string): string | undefined
  readonly homeDirectory: string
  /** of the operating system: the default role */
  readonly userName: string
}

/**
 * A target as psql would find it: the text counts most, then the service it names, the PG… variables, and defaults; the
 * password file last. "" is a text that leaves everything open. A password file that others can read is noted as a
 * warning. Fails with POSTGRES_TARGET_INVALID.
 */
export function parsePostgresTarget(text: string, surroundings: TargetSurroundings, ctx: Context): PostgresTarget {
  const own = parseConnectionText(text)
  checkSettings(own)
  const settings = completed(own, surroundings)
  const choose = chooser(settings)
  const user = settings.get('user') ?? surroundings.userName
  const database = settings.get('dbname')
  const password = settings.get('password')
  const applicationName = settings.get('application_name') ?? settings.get('fallback_application_name')
  const options = settings.get('options')
  const loginMethods = loginMethodsOf(settings.get('require_auth'))
  const passwordFile = settings.get('passfile') ?? join(surroundings.homeDirectory, '.pgpass')
  return {
    hosts: hostsOf(settings),
    user,
    ...(database === undefined ? {} : { database }),
    ...(password === undefined ? {} : { password }),
    passwordInText: own.has('password') || own.has('sslpassword'),
    passwordLines: password === undefined ? readPasswordFile(passwordFile, ctx) : [],
    tls: tlsOf(settings, surroundings.homeDirectory),
    channelBinding: choose('channel_binding', ['prefer', 'disable', 'require']),
    ...(loginMethods === undefined ? {} : { loginMethods }),
    sessionWanted: choose('target_session_attrs', sessionKinds),
    connectTimeoutMs: connectTimeoutOf(settings.get('connect_timeout')),
    ...(applicationName === undefined ? {} : { applicationName }),
    ...(options === undefined ? {} : { options }),
  }
}

const sessionKinds: readonly [SessionWanted, ...SessionWanted[]] = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
]
const sslModes: readonly [SslMode, ...SslMode[]] = ['prefer', 'disable', 'allow', 'require', 'verify-ca', 'verify-full']

function completed(own: Settings, { variable, homeDirectory }: TargetSurroundings): Settings {
  const service = own.get('service') ?? variable('PGSERVICE')
  const settings = new Map<string, string>()
  for (const [name, source] of Object.entries(settingVariables)) {
    const value = source === undefined ? undefined : variable(source)
    if (value !== undefined && value !== '') settings.set(name, value)
  }
  if (service !== undefined && service !== '') {
    const userFile = own.get('servicefile') ?? variable('PGSERVICEFILE') ?? join(homeDirectory, '.pg_service.conf')
    const systemFolder = variable('PGSYSCONFDIR') ?? '/etc/postgresql-common'
    const found = readService(service, [userFile, join(systemFolder, 'pg_service.conf')])
    checkSettings(found)
    for (const [name, value] of found) settings.set(name, value)
  }
  for (const [name, value] of own) settings.set(name, value)
  return new Map([...settings].filter(([, value]) => value !== ''))
}

/** Reads a setting that is one of several words; absent it is the first of them. */
function chooser(settings: Settings) {
  return <Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word => {
    const value = settings.get(name)
    const word = value === undefined ? words[0] : words.find((one) => one === value)
    if (word === undefined) throw invalid(`${name}=${value} is not possible`, `${name} is one of ${words.join(', ')}`)
    return word
  }
}

function hostsOf(settings: Settings): PostgresHost[] {
  const names = listOf(settings.get('host'))
  const addresses = listOf(settings.get('hostaddr'))
  const ports = listOf(settings.get('port'))
  const count = Math.max(names.length, addresses.length, 1)
  if (names.length > 0 && addresses.length > 0 && names.length !== addresses.length) {
    throw invalid(`there are ${names.length} hosts and ${addresses.length} host addresses`)
  }
  if (ports.length > 1 && ports.length !== count) throw invalid(`there are ${count} hosts and ${ports.length} ports`)
  return Array.from({ length: count }, (_, at) => {
    const address = addresses[at]
    const port = portOf((ports.length === 1 ? ports[0] : ports[at]) ?? '')
    const host = names[at] || address || defaultHost(port)
    return { host, port, ...(address === undefined || address === '' ? {} : { address }) }
  })
}

/** Where distributions put the socket, and where PostgreSQL itself does. */
function defaultHost(port: number): string {
  const directories = ['/var/run/postgresql', '/tmp']
  return directories.find((directory) => existsSync(join(directory, `.s.PGSQL.${port}`))) ?? '/var/run/postgresql'
}

function listOf(value: string | undefined): string[] {
  return value === undefined ? [] : value.split(',').map((part) => part.trim())
}

function portOf(text: string): number {
  const port = text === '' ? 5432 : Number(text)
  if (!/^\d*$/.test(text) || port < 1 || port > 65_535) throw invalid(`the port ${text} is not between 1 and 65535`)
  return port
}

function connectTimeoutOf(text: string | undefined): number {
  // psql waits for ever; a backup that nobody watches must not.
  if (text === undefined) return 10_000
  const seconds = Number(text)
  if (!Number.isInteger(seconds)) throw invalid(`connect_timeout=${text} is no whole number of seconds`)
  return Math.max(0, seconds) * 1000
}

function tlsOf(settings: Settings, homeDirectory: string): TlsSettings {
  const choose = chooser(settings)
  const file = (name: string, standard: string): TlsFile => {
    const path = settings.get(name)
    return { path: path ?? join(homeDirectory, '.postgresql', standard), isDefault: path === undefined }
  }
  const rootCertificate = file('sslrootcert', 'root.crt')
  const mode =
    rootCertificate.path === 'system' && !settings.has('sslmode') ? 'verify-full' : choose('sslmode', sslModes)
  if (rootCertificate.path === 'system' && mode !== 'verify-full') {
    throw invalid(`sslrootcert=system is not possible with sslmode=${mode}`, 'use sslmode=verify-full')
  }
  const negotiation = choose('sslnegotiation', ['postgres', 'direct'])
  if (negotiation === 'direct' && !['require', 'verify-ca', 'verify-full'].includes(mode)) {
    throw invalid(`sslnegotiation=direct is not possible with sslmode=${mode}`, 'use sslmode=require or stronger')
  }
  const keyPassword = settings.get('sslpassword')
  return {
    mode,
    negotiation,
    sendsServerName: choose('sslsni', ['1', '0']) === '1',
    rootCertificate,
    certificate: file('sslcert', 'postgresql.crt'),
    key: file('sslkey', 'postgresql.key'),
    ...(keyPassword === undefined ? {} : { keyPassword }),
    revocationList: file('sslcrl', 'root.crl'),
    minimumVersion: choose<TlsVersion>('ssl_min_protocol_version', ['TLSv1.2', 'TLSv1', 'TLSv1.1', 'TLSv1.3']),
  }
}

const spokenMethods: readonly LoginMethod[] = ['password', 'md5', 'scram-sha-256', 'none']
const otherMethods = ['gss', 'sspi', 'oauth']

/** "scram-sha-256,md5": only these. "!password": all but these. */
function loginMethodsOf(text: string | undefined): readonly LoginMethod[] | undefined {
  if (text === undefined) return undefined
  const words = text.split(',').map((word) => word.trim())
  const isNegated = words.every((word) => word.startsWith('!'))
  const named = words.map((word) => (isNegated ? word.slice(1) : word))
  const unknown = named.find((word) => ![...spokenMethods, ...otherMethods].includes(word))
  if (unknown !== undefined)
    throw invalid(`require_auth=${text} is not possible`, `it takes ${spokenMethods.join(', ')}`)
  return spokenMethods.filter((method) => named.includes(method) !== isNegated)
}
