import { AppError } from '@holdfast/core/errors/app-error'
import { type BinlogEvent, eventType, readQuery } from '../binlog/binlog-event.ts'

/** One database out of a log that holds all of them. */
export interface ReplayScope {
  readonly name: string
  /** what it is called where it is replayed */
  readonly into: string
  /** all that the server had */
  readonly databases: readonly string[]
}

const aboutDatabases = /^\s*(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:DATABASE|SCHEMA)\b/i
const control = /^\s*(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|XA|#)/i
const longestStatement = 16 << 20

/**
 * mysqlbinlog chooses statements (unlike rows) by the database they ran in, whatever tables they name. A statement that
 * reaches out of its database would be lost, or would change what is not to be restored: it is refused. Fails with
 * MYSQL_LOG_INSEPARABLE.
 */
export function requireWithinScope(event: BinlogEvent, checksumBytes: number, scope: ReplayScope): void {
  const isCompressed = event.type === eventType.mariadbQueryCompressed
  if (event.type !== eventType.query && !isCompressed) return
  const { database, text } = readQuery(event, checksumBytes, longestStatement)
  if (isCompressed ? database === scope.name : reachesOut(database, text, scope)) {
    throw new AppError('MYSQL_LOG_INSEPARABLE', {
      database: JSON.stringify(scope.name),
      statement: isCompressed ? 'a compressed one' : text.slice(0, 120),
    })
  }
}

function reachesOut(database: string, text: string, { name, into, databases }: ReplayScope): boolean {
  if (control.test(text)) return false
  const named = namedDatabases(text, databases)
  if (database !== name) return named.includes(name)
  if (aboutDatabases.test(text)) return true
  return named.some((one) => one !== name) || (into !== name && named.length > 0)
}

/** Databases that stand before a dot, outside of quotes, or behind DATABASE. */
function namedDatabases(text: string, databases: readonly string[]): string[] {
  const bare = text.replaceAll(/'(?:[^'\\]|\\.|'')*'/gs, "''")
  const isAbout = aboutDatabases.test(bare)
  return databases.filter((name) => {
    const quoted = `\`${name.replaceAll('`', '``')}\``
    const plain = name.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
    if (bare.includes(`${quoted}.`) || new RegExp(`(?<![\\w$\`])${plain}\\s*\\.`, 'i').test(bare)) return true
    return isAbout && (bare.includes(quoted) || new RegExp(`(?<![\\w$])${plain}(?![\\w$])`, 'i').test(bare))
  })
}
