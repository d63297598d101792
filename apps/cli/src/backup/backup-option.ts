import { parseDurationMs } from '@holdfast/core/units/duration'
import { parseSizeBytes } from '@holdfast/core/units/size'
import { parseGroupBy } from '@holdfast/repository/snapshot/group-snapshots'
import { flag, type OptionValues, several, single } from '../argument/option.ts'
import { readInstant, readWhole, readWords } from '../argument/read-value.ts'
import { alsoRepositoryOptions } from '../session/open-repositories.ts'
import { mysqlBackupOptions } from '../mysql/mysql-option.ts'
import { postgresBackupOptions } from '../postgresql/postgres-backup-option.ts'

const pattern = { placeholder: '<pattern>' }
const file = { placeholder: '<file>', completes: 'file' } as const

export const backupOptions = {
  ...alsoRepositoryOptions,
  tag: several({ placeholder: '<tag[,tag…]>', help: 'Tags of the new snapshot.' }, readWords),
  host: single({ short: 'H', placeholder: '<host>', help: 'Host name of the new snapshot.', variable: 'HOST' }),
  time: single(
    { placeholder: '<time>', help: "Time of the snapshot, such as '2026-01-31 22:08:41'.", fallback: 'now' },
    readInstant,
  ),
  parent: single({
    placeholder: '<snapshot>',
    help: 'Compare with this snapshot.',
    fallback: 'the newest of the group',
  }),
  force: flag({ short: 'f', help: 'Read every file again.' }),
  groupBy: single(
    {
      short: 'g',
      placeholder: '<fields>',
      help: 'What a parent must have in common: host, paths, tags.',
      fallback: 'host,paths',
    },
    parseGroupBy,
  ),
  exclude: several({ ...pattern, short: 'e', help: 'Leave out what matches.' }),
  iexclude: several({ ...pattern, help: 'The same, ignoring case.' }),
  excludeFile: several({ ...file, help: 'Leave out what matches a pattern of this file.' }),
  iexcludeFile: several({ ...file, help: 'The same, ignoring case.' }),
  excludeCaches: flag({ help: 'Leave out the content of directories marked with CACHEDIR.TAG.' }),
  excludeIfPresent: several({
    placeholder: '<name[:header]>',
    help: 'Leave out the content of directories that hold a file of this name (and beginning).',
  }),
  excludeLargerThan: single({ placeholder: '<size>', help: 'Leave out larger files.' }, parseSizeBytes),
  oneFileSystem: flag({ short: 'x', help: 'Stay on the file systems of the given paths.' }),
  filesFrom: several({ ...file, help: 'Read paths and globs from this file, one a line; - is standard input.' }),
  filesFromVerbatim: several({ ...file, help: 'The same, without globs, comments and trimming.' }),
  filesFromRaw: several({ ...file, help: 'The same, each path ended by a zero byte.' }),
  stdin: flag({ help: 'Store standard input as a file.' }),
  stdinFilename: single({ placeholder: '<name>', help: 'Name of that file.', fallback: 'stdin' }),
  stdinFromCommand: flag({
    help: 'Run the arguments as a command and store its output; no snapshot if it fails or prints nothing.',
  }),
  commandTimeout: single(
    { placeholder: '<duration>', help: 'Stop that command after this time and fail.' },
    parseDurationMs,
  ),
  withAtime: flag({ help: 'Store access times.' }),
  ignoreInode: flag({ help: 'Ignore inode numbers and ctime when looking for changes.' }),
  ignoreCtime: flag({ help: 'Ignore ctime when looking for changes.' }),
  dryRun: flag({ short: 'n', help: 'Store nothing, only show what would be stored.' }),
  skipIfUnchanged: flag({ help: 'Make no snapshot when nothing has changed.' }),
  noScan: flag({ help: 'Do not count files ahead; there is no ETA then.' }),
  readConcurrency: single(
    {
      placeholder: '<n>',
      help: 'Threads that read.',
      fallback: 'one for each core, at most 8',
      variable: 'READ_CONCURRENCY',
    },
    readWhole(1),
  ),
  ...postgresBackupOptions,
  ...mysqlBackupOptions,
}

export type BackupValues = OptionValues<typeof backupOptions>
