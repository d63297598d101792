/** What SHOW GRANTS tells of one account, its roles included. */
export interface Grants {
  /** Whether it has a privilege on all of a database, such as "TRIGGER" on "shop"; without a database, on everything. */
  has(privilege: string, database?: string): boolean
}

interface GrantLine {
  readonly isRevoked: boolean
  readonly privileges: ReadonlySet<string>
  readonly covers: (database: string | undefined) => boolean
}

/** Reads lines such as "GRANT SELECT, EVENT ON `shop`.* TO …"; MySQL takes parts back with REVOKE ("Partial Revokes"). */
export function readGrants(lines: readonly string[]): Grants {
  const read = lines.map(readLine).filter((line) => line !== undefined)
  return {
    has(privilege, database) {
      const own = read.filter(({ privileges, covers }) => {
        return (privileges.has(privilege) || privileges.has('ALL PRIVILEGES')) && covers(database)
      })
      return own.some(({ isRevoked }) => !isRevoked) && !own.some(({ isRevoked }) => isRevoked)
    },
  }
}

function readLine(line: string): GrantLine | undefined {
  const [, verb, list = '', scope = ''] =
    /^(GRANT|REVOKE) ([A-Z_, ]+) ON (\*|`(?:[^`]|``)*`)\.\* (?:TO|FROM) /.exec(line) ?? []
  if (verb === undefined) return undefined
  const privileges = new Set(list.split(',').map((name) => name.trim()))
  const pattern = scope === '*' ? undefined : databasePattern(scope.slice(1, -1).replaceAll('``', '`'))
  const covers = (database: string | undefined): boolean => {
    return pattern === undefined || (database !== undefined && pattern.test(database))
  }
  return { isRevoked: verb === 'REVOKE', privileges, covers }
}

/** Databases in grants may be patterns: % for any signs, _ for one, unless a backslash stands before it. */
function databasePattern(text: string): RegExp {
  const source = text.replaceAll(/\\?[\s\S]/g, (sign) => {
    if (sign === '%') return '[^]*'
    if (sign === '_') return '[^]'
    return sign.slice(-1).replace(/[\\^$.*+?()[\]{}|/]/, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`, 'u')
}
