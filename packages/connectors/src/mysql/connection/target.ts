/** Where a MySQL or MariaDB server is and who asks. */
export interface MysqlTarget {
  readonly host: string
  readonly port: number
  /** Further hosts, of which one may have taken over: mysql://user@db1,db2:3307. */
  readonly others?: readonly Pick<MysqlTarget, 'host' | 'port'>[]
  /** path of a Unix socket, which then is used instead of host and port */
  readonly socket?: string
  readonly user: string
  /** never shown */
  readonly password?: string
  /** the password stood in the text itself, where others may have seen it */
  readonly passwordInText: boolean
  readonly database?: string
  readonly tls: MysqlTls
  readonly connectTimeoutMs: number
}

export interface MysqlTls {
  /** as the clients of MySQL name them: preferred takes what there is, verify-… compare the certificate */
  readonly mode: 'disabled' | 'preferred' | 'required' | 'verify-ca' | 'verify-identity'
  /** file of the authority that signed the server's certificate */
  readonly authority?: string
}

/** For people: never holds a secret. */
export function describeMysqlTarget({ host, port, socket }: Pick<MysqlTarget, 'host' | 'port' | 'socket'>): string {
  return socket ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
}
