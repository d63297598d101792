import { logicalBackupOptions } from './logical-option.ts'
import { invalidArgument, flag, oneOf, single } from '../argument/option.ts'

/** Options of `backup` that concern a PostgreSQL server. */
export const postgresBackupOptions = {
  source: single(
    {
      placeholder: '<name>',
      help: 'PostgreSQL: the name that the server is known by in the repository, as in `restore <name>`.',
      fallback: 'the host of the connection',
    },
    readSourceName,
  ),
  method: oneOf({
    placeholder: '<method>',
    help: 'PostgreSQL: over the wire; direct, reading the data directory on this machine in parallel; or logical, dumps made by pg_dump.',
    fallback: 'wire',
    choices: ['wire', 'direct', 'logical'],
  }),
  dataDirectory: single({
    placeholder: '<directory>',
    help: 'PostgreSQL, direct: where the data directory is seen from here.',
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

/** Names become parts of paths and tags. Fails with ARGUMENT_INVALID. */
export function readSourceName(raw: string, label: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u.test(raw)) return raw
  throw invalidArgument(label, raw, 'it takes up to 63 letters, digits, dots, dashes and underscores')
}
