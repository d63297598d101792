import { save } from '@holdfast/repository/save/save'
import { backupOptions } from '../backup/backup-option.ts'
import { backupSummaries, renderBackupReport } from '../backup/backup-report.ts'
import { chooseParentOption, makeSaveRequest, readBackupFilter } from '../backup/backup-request.ts'
import { openBackupSource } from '../backup/backup-source.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { isMysqlConnection } from '../mysql/mysql-connection-argument.ts'
import { isPostgresConnection } from '../postgresql/connection-argument.ts'
import { openRepositories } from '../session/open-repositories.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'
import { programVersion } from './version.ts'

export const backup = defineCommand({
  name: 'backup',
  purpose:
    'Make a snapshot of files and directories, of the output of a command, of a PostgreSQL, MySQL or MariaDB server',
  details: [
    'Only what no snapshot holds yet is stored. A file that cannot be read is reported and left out: the snapshot is made, and the exit code is 3.',
    'A PostgreSQL server is named by its connection, postgresql://user@host:port, without a password: PGPASSWORD, ~/.pgpass and service files are read as psql does. The role needs REPLICATION. No PostgreSQL client is needed.',
    'A MySQL or MariaDB server is named mysql://user@host:port, its password in MYSQL_PWD or ~/.my.cnf. All databases are dumped as of one instant, with the place in the binary log from which `follow` goes on.',
  ],
  arguments: [
    {
      name: 'path',
      help: 'What to back up, or postgresql://…, mysql://…; the command with --stdin-from-command.',
      required: false,
      repeatable: true,
      completes: 'file',
    },
  ],
  options: backupOptions,
  examples: [
    {
      explanation: 'Two directories, without caches',
      command: 'holdfast -r /srv/backup backup --exclude-caches /etc /home',
    },
    {
      explanation: 'A database, only if the dump succeeds',
      command: 'holdfast backup --stdin-filename shop.sql --stdin-from-command -- pg_dump shop',
    },
    {
      explanation: 'Two repositories from one reading',
      command: 'holdfast -r /srv/backup backup --also-repo rest:https://backup.example.com/web1/ /etc',
    },
    {
      explanation: 'A whole PostgreSQL server, over the network',
      command: 'holdfast backup postgresql://backup@db1.example.com --source shop-db',
    },
    {
      explanation: 'One database of it as a dump, which other versions of PostgreSQL can load too',
      command: 'holdfast backup postgresql://backup@db1.example.com --source shop-db --method logical --database shop',
    },
  ],
  exitCodes: repositoryExitCodes(
    'failed, no snapshot was made',
    'a snapshot was made, but something could not be read or stored',
  ),
  run: async (invocation) => {
    const { options, output, ctx } = invocation
    const choice = { lock: 'append', changesNothing: options.dryRun } as const
    if (isMysqlConnection(invocation.arguments[0] ?? '')) {
      await using open = new AsyncDisposableStack()
      const repositories = await openRepositories(invocation, choice, open)
      return await (await import('../mysql/run-mysql-backup.ts')).runMysqlBackup(invocation, repositories)
    }
    if (isPostgresConnection(invocation.arguments[0] ?? '')) {
      await using open = new AsyncDisposableStack()
      const repositories = await openRepositories(invocation, choice, open)
      if (options.method === 'logical') {
        const { runLogicalBackup } = await import('../postgresql/run-logical-backup.ts')
        return await runLogicalBackup(invocation, repositories)
      }
      const { runPostgresBackup } = await import('../postgresql/run-postgres-backup.ts')
      return await runPostgresBackup(invocation, repositories)
    }
    const filter = await readBackupFilter(invocation)
    await using opened = await openBackupSource(invocation.arguments, options, process.stdin, ctx)
    await using stack = new AsyncDisposableStack()
    const repositories = await openRepositories(invocation, choice, stack)
    const [first] = repositories
    if (first === undefined) throw new Error('a backup needs a repository')
    const parent = await chooseParentOption(options, first, ctx)
    const request = makeSaveRequest(invocation, {
      source: opened.source,
      filter,
      parent,
      programVersion: `holdfast ${programVersion()}`,
    })
    const report = await save(repositories, request, ctx)
    for (const summary of backupSummaries(report, options)) output.message(summary)
    output.note(renderBackupReport(report, options))
    const failed = report.repositories.filter(({ failure }) => failure !== undefined).length
    if (report.errors.length === 0 && failed === 0) return 0
    if (report.errors.length > 0) output.line(`${countOf(report.errors.length, 'item')} could not be read`)
    return 3
  },
})
