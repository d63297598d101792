import type { MysqlServerFacts } from '../logical/logical-manifest.ts'

export type SandboxOriginal = Pick<
  MysqlServerFacts,
  'family' | 'characterSet' | 'collation' | 'lowerCaseTableNames' | 'sqlMode'
>

/** How a scratch server is started: like the original in what data depend on, and for itself in all else. */
export function sandboxArguments(
  places: { readonly dataDirectory: string; readonly socket: string; readonly processFile: string },
  original: SandboxOriginal,
): string[] {
  const { dataDirectory, socket, processFile } = places
  const { family, characterSet, collation, lowerCaseTableNames, sqlMode } = original
  const isWord = (text: string): boolean => /^[\w,]*$/.test(text)
  return [
    '--no-defaults',
    ...[`--datadir=${dataDirectory}`, `--socket=${socket}`, `--pid-file=${processFile}`],
    ...['--skip-networking', '--skip-name-resolve', '--skip-slave-start', '--event-scheduler=OFF'],
    family === 'mariadb' ? '--skip-log-bin' : '--disable-log-bin',
    // nothing of it outlives the proof
    ...['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-buffer-pool-size=128M'],
    ...['--max-allowed-packet=1073741824', `--lower-case-table-names=${lowerCaseTableNames}`],
    ...(family === 'mysql' ? ['--mysqlx=OFF'] : ['--skip-slave-start']),
    ...(characterSet !== '' && isWord(characterSet) ? [`--character-set-server=${characterSet}`] : []),
    ...(collation !== '' && isWord(collation) ? [`--collation-server=${collation}`] : []),
    ...(isWord(sqlMode) ? [`--sql-mode=${sqlMode}`] : []),
  ]
}
