import { parseDurationMs } from '@holdfast/core/units/duration'
import { flag, invalidArgument, several, single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { binariesOption } from './postgres-restore-option.ts'

const database = { placeholder: '<name>' }

/** Options of `backup postgresql://… --method logical`. */
export const logicalBackupOptions = {
  database: several({ ...database, help: 'Databases, logical: dump this database.', fallback: 'all' }),
  schema: several({ placeholder: '<pattern>', help: 'PostgreSQL, logical: dump only such schemas, as pg_dump does.' }),
  table: several({
    placeholder: '<pattern>',
    help: 'Databases, logical: dump only such tables, as pg_dump does; MySQL: this one, with its database, as shop.orders.',
  }),
  excludeTable: several({ placeholder: '<pattern>', help: 'Databases, logical: leave out such tables.' }),
  inContainer: single({
    placeholder: '<name>',
    help: 'Databases, logical: run the dump program in this Docker container, where the server is on 127.0.0.1 and its usual port.',
  }),
  inPod: single(
    {
      placeholder: '<[namespace/]pod>',
      help: 'Databases, logical: run the dump program in this Kubernetes pod, where the server is on 127.0.0.1 and its usual port.',
    },
    readPod,
  ),
  dumpSilence: single(
    {
      placeholder: '<duration>',
      help: 'Databases, logical: a dump that writes nothing for so long has failed.',
      fallback: '10m',
    },
    parseDurationMs,
  ),
  lockWait: single(
    {
      placeholder: '<duration>',
      help: 'Databases, logical: wait so long for the lock of a table (PostgreSQL), or of the server (MySQL: 10s).',
      fallback: '5m',
    },
    parseDurationMs,
  ),
  parallelDumps: single(
    {
      placeholder: '<n>',
      help: 'Databases, logical: dump programs that work at once; PostgreSQL: one for each database, MySQL: also within tables (1).',
      fallback: '2',
    },
    readWhole(1),
  ),
  checksums: flag({ help: 'PostgreSQL, logical: record a checksum of each table, to compare a restore by content.' }),
  ...binariesOption,
}

/** Options of `restore <source> --into-server …`. */
export const logicalRestoreOptions = {
  intoServer: single({
    placeholder: '<connection>',
    help: 'Source: load its logical backup into this server, postgresql://user@host or mysql://user@host.',
  }),
  database: several({ ...database, help: 'Source, logical: only this database.', fallback: 'all, with roles' }),
  schema: several({ ...database, help: 'Source, logical: only this schema of the database.' }),
  table: several({
    placeholder: '<[schema.]name>',
    help: 'Source, logical: only this table, with all that is its own.',
  }),
  into: single({ ...database, help: 'Source, logical: name of the restored database.', fallback: 'its own' }),
  replace: single({
    ...database,
    help: 'Source, logical: take the place of this database, typed out; PostgreSQL keeps it under another name, its sessions end. MySQL: or of this table, as shop.orders; it is dropped, and backed up before.',
  }),
  noOwner: flag({ help: 'Source, logical: everything belongs to the role that restores; no privileges.' }),
  withRoles: flag({ help: 'Source, logical: make missing roles and tablespaces also with --database.' }),
  jobs: single(
    {
      placeholder: '<n>',
      help: 'Source, logical: connections that load at once.',
      fallback: 'one for each core, at most 8',
    },
    readWhole(1),
  ),
  temporary: single({
    placeholder: '<directory>',
    help: 'Source, logical: where there is space for the largest dump.',
    fallback: 'the directory for temporary files',
    completes: 'directory',
  }),
}

function readPod(raw: string, label: string): { namespace?: string; pod: string } {
  const [, namespace, pod = ''] = /^(?:([^/]+)\/)?([^/]+)$/.exec(raw) ?? []
  if (pod === '') throw invalidArgument(label, raw, 'write <pod> or <namespace>/<pod>')
  return { ...(namespace === undefined ? {} : { namespace }), pod }
}
