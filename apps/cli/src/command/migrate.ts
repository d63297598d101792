import { AppError } from '@holdfast/core/errors/app-error'
import { flag, several, single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { readSourceName } from '../postgresql/postgres-backup-option.ts'
import { binariesOption } from '../postgresql/postgres-restore-option.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

const options = {
  source: single(
    {
      placeholder: '<name>',
      help: 'The name that the safety backup has in the repository.',
      fallback: 'the host of the old server',
    },
    readSourceName,
  ),
  database: several({ placeholder: '<name>', help: 'Move only this database.', fallback: 'all' }),
  noOwner: flag({ help: 'Everything belongs to the role that restores; no privileges.' }),
  jobs: single(
    { placeholder: '<n>', help: 'Connections that load at once.', fallback: 'one for each core, at most 8' },
    readWhole(1),
  ),
  temporary: single({
    placeholder: '<directory>',
    help: 'Where there is space for the largest dump.',
    fallback: 'the directory for temporary files',
    completes: 'directory',
  }),
  dryRun: flag({ short: 'n', help: 'Change nothing, only show the plan.' }),
  ...binariesOption,
}

export type MigrateOptions = typeof options

export const migrate = defineCommand({
  name: 'migrate',
  purpose: 'Move the databases of a PostgreSQL server to another one, and compare every table',
  details: [
    'The new server is empty and of the same or a newer major version; the old one is only read. Its databases are backed up into the repository, that very backup is restored into the new server, and rows and checksums of every table are compared with those of the snapshot that was dumped. Stop what writes to the old server first: later changes do not come along.',
    'Passwords come from ~/.pgpass, service files or PGPASSWORD, never from the arguments.',
  ],
  arguments: [
    { name: 'from', help: 'The old server, postgresql://user@host:port.', required: true, repeatable: false },
    { name: 'to', help: 'The new server.', required: true, repeatable: false },
  ],
  options,
  examples: [
    {
      explanation: 'From 15 to 18, with a look at the plan first',
      command: 'holdfast migrate --dry-run postgresql://postgres@old-db postgresql://postgres@new-db',
    },
  ],
  exitCodes: repositoryExitCodes('failed, or a table differs'),
  run: async (invocation) => {
    const [from = '', to = ''] = invocation.arguments
    if (to === '') throw new AppError('ARGUMENT_MISSING', { command: 'migrate', argument: 'the new server' })
    return await (await import('../postgresql/run-migrate.ts')).runMigrate(from, to, invocation)
  },
})
