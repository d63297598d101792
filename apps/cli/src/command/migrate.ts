import { AppError } from '@holdfast/core/errors/app-error'
import { firstGiven } from '../argument/first-given.ts'
import { flag, several, single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { isMysqlConnection } from '../mysql/mysql-connection-argument.ts'
import { mysqlBinariesOption } from '../mysql/mysql-option.ts'
import { isPostgresConnection } from '../postgresql/connection-argument.ts'
import { readSourceName } from '../backup/source-name.ts'
import { binariesOption } from '../postgresql/postgres-restore-option.ts'
import { defineCommand, type Invocation, repositoryExitCodes } from './command.ts'

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
  ...mysqlBinariesOption,
}

export type MigrateOptions = typeof options

export const migrate = defineCommand({
  name: 'migrate',
  purpose: 'Move the databases of a server to another one, and compare every table',
  details: [
    'The old server is only read. Its databases are backed up into the repository, that very backup is restored into the new server, and rows and checksums of every table are compared with those of the snapshot that was dumped. Stop what writes to the old server first: later changes do not come along.',
    'PostgreSQL: the new server is empty and of the same or a newer major version.',
    'MySQL and MariaDB: to a server of the same or the other family, or by pgloader to PostgreSQL, where each database becomes a schema. What the new server cannot take is named before anything is written.',
    'Passwords come from ~/.pgpass, service files or PGPASSWORD, and from ~/.my.cnf or MYSQL_PWD, never from the arguments.',
  ],
  arguments: [
    {
      name: 'from',
      help: 'The old server, postgresql://user@host:port or mysql://user@host:port.',
      required: true,
      repeatable: false,
    },
    { name: 'to', help: 'The new server.', required: true, repeatable: false },
  ],
  options,
  examples: [
    {
      explanation: 'From 15 to 18, with a look at the plan first',
      command: 'holdfast migrate --dry-run postgresql://postgres@old-db postgresql://postgres@new-db',
    },
    {
      explanation: 'From MySQL to MariaDB',
      command: 'holdfast migrate mysql://root@old-db mysql://root@new-db',
    },
    {
      explanation: 'One database of MariaDB into one of PostgreSQL',
      command: 'holdfast migrate --database shop mysql://root@old-db postgresql://postgres@new-db/shop',
    },
  ],
  exitCodes: repositoryExitCodes('failed', 'moved, and a table differs'),
  run: async (invocation) => {
    const [from = '', to = ''] = invocation.arguments
    if (to === '') throw new AppError('ARGUMENT_MISSING', { command: 'migrate', argument: 'the new server' })
    if (isMysqlConnection(from)) return await migrateMysql(from, to, invocation)
    if (isMysqlConnection(to)) {
      throw new AppError('MYSQL_MIGRATION_IMPOSSIBLE', {
        reason: 'there is no way from PostgreSQL to MySQL',
        advice: 'Name the old server first and the new one second.',
      })
    }
    return await (await import('../postgresql/run-migrate.ts')).runMigrate(from, to, invocation)
  },
})

/** To a server of the same family, of the other, or to PostgreSQL. */
async function migrateMysql(from: string, to: string, invocation: Invocation<MigrateOptions>): Promise<number> {
  const other = firstGiven(invocation.options, ['noOwner', 'jobs', 'temporary', 'postgresBin'])
  if (other !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: 'a MySQL connection', second: other })
  if (isPostgresConnection(to)) {
    return await (await import('../mysql/run-mysql-to-postgres.ts')).runMysqlToPostgres(from, to, invocation)
  }
  return await (await import('../mysql/run-mysql-migrate.ts')).runMysqlMigrate(from, to, invocation)
}
