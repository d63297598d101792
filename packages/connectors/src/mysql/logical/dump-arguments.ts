import type { ServerVersion } from '../connection/server-version.ts'
import type { DumpSelection } from './logical-manifest.ts'
import type { DatabaseStructure } from './read-structure.ts'

export interface DumpRequest {
  readonly server: ServerVersion
  readonly databases: readonly DatabaseStructure[]
  readonly selection: DumpSelection
  readonly writesBinlog: boolean
  readonly lockAllTables: boolean
}

/** What mysqldump or mariadb-dump is told, after the option file. */
export function dumpArguments({ server, databases, selection, writesBinlog, lockAllTables }: DumpRequest): string[] {
  const isMysql = server.family === 'mysql'
  const position = isMysql && server.number >= 80_026 ? '--source-data=2' : '--master-data=2'
  return [
    lockAllTables ? '--lock-all-tables' : '--single-transaction',
    ...['--quick', '--routines', '--triggers', '--events', ...howRowsAreWritten],
    ...(writesBinlog ? [position] : []),
    ...(isMysql ? ['--set-gtid-purged=COMMENTED', '--no-tablespaces', '--column-statistics=0'] : []),
    ...(!isMysql && writesBinlog ? ['--gtid'] : []),
    ...ignored(databases, selection).map((name) => `--ignore-table=${name}`),
    '--databases',
    '--',
    ...databases.map(({ name }) => name),
  ]
}

/** The same for every program, so that equal rows are equal bytes. */
export const howRowsAreWritten: readonly string[] = [
  ...['--hex-blob', '--skip-dump-date', '--tz-utc'],
  ...['--default-character-set=utf8mb4', '--max-allowed-packet=1G', '--no-autocommit'],
]

/** Those that are left out by name, and all that are not chosen when some are. */
export function ignored(databases: readonly DatabaseStructure[], { tables, excludeTables }: DumpSelection): string[] {
  return databases.flatMap(({ name, tables: own, views }) => {
    const all = [...own.map((table) => `${name}.${table.name}`), ...views.map((view) => `${name}.${view}`)]
    return all.filter((one) => isLeftOut(one, { tables, excludeTables }))
  })
}

export function isLeftOut(
  name: string,
  { tables, excludeTables }: Pick<DumpSelection, 'tables' | 'excludeTables'>,
): boolean {
  return excludeTables.includes(name) || (tables.length > 0 && !tables.includes(name))
}
