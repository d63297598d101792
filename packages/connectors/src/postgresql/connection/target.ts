/** One way to a server. A host that starts with "/" (or "@", an abstract name) is the directory of a Unix socket. */
export interface PostgresHost {
  readonly host: string
  /** the address to connect to, when the name is needed only for the certificate and the password */
  readonly address?: string
  readonly port: number
}

export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export interface TlsSettings {
  readonly mode: SslMode
  /** "direct": TLS from the first byte, as PostgreSQL 17 and newer take it */
  readonly negotiation: 'postgres' | 'direct'
  /** whether to name the host to the server in the TLS handshake */
  readonly sendsServerName: boolean
  /** files, not contents. "system" as root certificate: the authorities this system trusts. */
  readonly rootCertificate?: TlsFile
  readonly certificate?: TlsFile
  readonly key?: TlsFile
  readonly keyPassword?: string
  readonly revocationList?: TlsFile
  readonly minimumVersion: TlsVersion
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

export interface TlsFile {
  readonly path: string
  /** a file in its default place need not be there */
  readonly isDefault: boolean
}

export type SessionWanted = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby' | 'prefer-standby'

export type LoginMethod = 'password' | 'md5' | 'scram-sha-256' | 'none'

/** A line of a password file: "*" matches everything. */
export interface PasswordLine {
  readonly host: string
  readonly port: string
  readonly database: string
  readonly user: string
  readonly password: string
}

/** Where a PostgreSQL server is and who logs in. Holds passwords: never print it; `describeTarget` may be printed. */
export interface PostgresTarget {
  /** never empty; tried in this order */
  readonly hosts: readonly PostgresHost[]
  readonly user: string
  readonly database?: string
  readonly password?: string
  /** true when the password was part of the text the target was parsed from, where others may have seen it */
  readonly passwordInText: boolean
  /** lines of the password file, for hosts without a password of their own */
  readonly passwordLines: readonly PasswordLine[]
  readonly tls: TlsSettings
  readonly channelBinding: 'disable' | 'prefer' | 'require'
  /** ways to log in that the server may ask for; absent: all */
  readonly loginMethods?: readonly LoginMethod[]
  readonly sessionWanted: SessionWanted
  /** for each host; 0: no limit */
  readonly connectTimeoutMs: number
  readonly applicationName?: string
  /** command-line options for the server's process: "-c geqo=off" */
  readonly options?: string
}

/** "/var/run/postgresql:5432", "db1:5432", "[::1]:5432" */
export function describeHost({ host, port }: PostgresHost): string {
  return host.includes(':') && !host.startsWith('/') ? `[${host}]:${port}` : `${host}:${port}`
}

/** For people: "app@db1:5432,db2:5432/shop". */
export function describeTarget({ hosts, user, database }: PostgresTarget): string {
  return `${user}@${hosts.map(describeHost).join(',')}/${database ?? user}`
}

export function isSocketDirectory(host: string): boolean {
  return host.startsWith('/') || host.startsWith('@')
}
