import { logicalBackupOptions } from './logical-option.ts'
import { flag, oneOf, single } from '../argument/option.ts'
import { readSourceName } from '../backup/source-name.ts'

/** Options of `backup` that concern a PostgreSQL server. */
export const postgresBackupOptions = {
  source: single(
    {
      placeholder: '<name>',
      help: 'Databases: the name that the server is known by in the repository, as in `restore <name>`.',
      fallback: 'the host of the connection',
    },
    readSourceName,
  ),
  method: oneOf({
    placeholder: '<method>',
    help: 'PostgreSQL: over the wire; direct, reading the data directory on this machine in parallel; or logical, dumps made by pg_dump. MySQL: logical (always unless given), or direct, by mariadb-backup on this machine.',
    fallback: 'wire',
    choices: ['wire', 'direct', 'logical'],
  }),
  dataDirectory: single({
    placeholder: '<directory>',
    help: 'Databases, direct: where the data directory is seen from here.',
    fallback: 'where the server says',
    completes: 'directory',
  }),
  checkpoint: oneOf({
    placeholder: '<speed>',
    help: 'PostgreSQL: fast begins at once with a burst of writes, spread spares the server for some minutes.',
    fallback: 'fast',
    choices: ['fast', 'spread'],
  }),
  noVerifyPages: flag({ help: 'PostgreSQL: do not compare pages with their checksums.' }),
  ...logicalBackupOptions,
}
