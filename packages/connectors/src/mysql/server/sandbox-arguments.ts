import type { MysqlServerFacts } from '../manifest/mysql-manifest.ts'

export type SandboxOriginal = Pick<
  MysqlServerFacts,
  'family' | 'characterSet' | 'collation' | 'lowerCaseTableNames' | 'sqlMode'
>

interface ServerPlaces {
  readonly dataDirectory: string
  readonly socket: string
  readonly temporary: string
  readonly processFile: string
}

/** How an empty scratch server is started. Nothing of it outlives the proof. */
export function sandboxArguments(places: ServerPlaces, original: SandboxOriginal): string[] {
  return [...commonArguments(places, original), '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0']
}

/** How a server is started on restored files, whose accounts may be anything. */
export function restoredArguments(places: ServerPlaces, original: SandboxOriginal): string[] {
  return [...commonArguments(places, original), '--skip-grant-tables']
}

/** Like the original in what data depend on, and alone in all else. */
function commonArguments(
  { dataDirectory, socket, temporary, processFile }: ServerPlaces,
  original: SandboxOriginal,
): string[] {
  const { family, characterSet, collation, lowerCaseTableNames, sqlMode } = original
  const isWord = (text: string): boolean => /^[\w,]*$/.test(text)
  return [
    '--no-defaults',
    ...[`--datadir=${dataDirectory}`, `--socket=${socket}`, `--tmpdir=${temporary}`, `--pid-file=${processFile}`],
    // it resolves no names without a network, but takes accounts by name as the original does
    ...['--skip-networking', '--skip-slave-start', '--event-scheduler=OFF'],
    family === 'mariadb' ? '--skip-log-bin' : '--disable-log-bin',
    ...['--innodb-buffer-pool-size=128M', '--max-allowed-packet=1073741824'],
    `--lower-case-table-names=${lowerCaseTableNames}`,
    ...(family === 'mysql' ? ['--mysqlx=OFF', '--secure-file-priv='] : []),
    ...(characterSet !== '' && isWord(characterSet) ? [`--character-set-server=${characterSet}`] : []),
    ...(collation !== '' && isWord(collation) ? [`--collation-server=${collation}`] : []),
    ...(isWord(sqlMode) ? [`--sql-mode=${sqlMode}`] : []),
  ]
}
