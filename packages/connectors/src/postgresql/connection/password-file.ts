import { readFileSync, statSync } from 'node:fs'
import type { Context } from '@holdfast/core/context'
import { isSocketDirectory, type PasswordLine, type PostgresHost } from './target.ts'

/**
 * The lines of a password file ("host:port:database:user:password"; colons and backslashes escaped by a backslash). Like
 * psql, one that others can read is ignored with a warning; one that is not there is none.
 */
export function readPasswordFile(path: string, ctx: Context): PasswordLine[] {
  const ignore = (reason: string): PasswordLine[] => {
    ctx.emit({ type: 'message.noted', level: 'warning', message: `password file ${path} is ignored: ${reason}` })
    return []
  }
  try {
    const { mode } = statSync(path)
    // The type and permission bits of a mode: a device such as /dev/null is no password file.
    if ((mode & 0o170000) !== 0o100000) return []
    if ((mode & 0o077) !== 0) return ignore('others can read it; run chmod 600 on it')
    return parsePasswordLines(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    return ignore(error instanceof Error ? error.message : String(error))
  }
}

export function parsePasswordLines(text: string): PasswordLine[] {
  return text.split(/\r?\n/).flatMap((line) => {
    if (line === '' || line.startsWith('#')) return []
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map((match) => unescape(match[1] ?? ''))
    const [host, port, database, user, password] = fields
    if (host === undefined || port === undefined || database === undefined) return []
    return user === undefined || password === undefined ? [] : [{ host, port, database, user, password }]
  })
}

function unescape(field: string): string {
  return field.replaceAll(/\\(.)/g, '$1')
}

/** The password of the first line that matches. A connection for replication matches its database's lines too. */
export function findPassword(
  lines: readonly PasswordLine[],
  host: PostgresHost,
  database: string,
  { user, database: ownDatabase }: { readonly user: string; readonly database?: string },
): string | undefined {
  const names = isSocketDirectory(host.host) ? [host.host, 'localhost'] : [host.host]
  const matching = (wanted: string): PasswordLine | undefined =>
    lines.find(
      (line) =>
        (line.host === '*' || names.includes(line.host)) &&
        matches(line.port, String(host.port)) &&
        matches(line.database, wanted) &&
        matches(line.user, user),
    )
  return (matching(database) ?? matching(ownDatabase ?? user))?.password
}

function matches(pattern: string, value: string): boolean {
  return pattern === '*' || pattern === value
}

/** What to write into the file so that every connection of a backup finds its password, to whatever database it is. */
export function passwordLineFor(host: PostgresHost, user: string): string {
  const name = isSocketDirectory(host.host) ? 'localhost' : host.host
  const [place, role] = [name, user].map((field) => field.replaceAll(/[:\\]/g, '\\$&'))
  return `${place}:${host.port}:*:${role}:<password>`
}
