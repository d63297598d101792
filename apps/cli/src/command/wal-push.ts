import { single } from '../argument/option.ts'
import { logWriterOptionsOf } from '../follow/log-writer-options.ts'
import { archiveOptions, requireSource, spoolDirectoryOf } from '../postgresql/log-option.ts'
import { currentIdentity } from '../session/identity.ts'
import { alsoRepositoryOptions, openRepositories } from '../session/open-repositories.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const walPush = defineCommand({
  name: 'wal-push',
  purpose: 'Store a file of WAL, for archive_command of PostgreSQL',
  details: [
    'Ends with 0 only when the file is stored. Other files that wait in the server are taken along, so that their own calls end at once. WAL of another cluster than the one whose log it is is refused.',
    '`follow` loses less (seconds instead of a segment) and needs no command in the server; this is for servers that may not be connected to.',
  ],
  arguments: [{ name: 'path', help: '%p of archive_command.', required: true, repeatable: false, completes: 'file' }],
  options: {
    ...archiveOptions,
    host: single({
      short: 'H',
      placeholder: '<host>',
      help: 'Host name of the source.',
      fallback: 'of this machine',
      variable: 'HOST',
    }),
    ...alsoRepositoryOptions,
  },
  examples: [
    {
      explanation: 'In postgresql.conf, with the repository and its password in the environment of the server',
      command: "archive_command = 'holdfast wal-push %p --source shop-db'",
    },
  ],
  exitCodes: repositoryExitCodes('failed, nothing may be thrown away'),
  run: async (invocation) => {
    const { arguments: given, options, output, ctx } = invocation
    const source = requireSource(options.source, 'wal-push')
    const { pushWal } = await import('@holdfast/orchestrator/log/push-wal')
    await using stack = new AsyncDisposableStack()
    const report = await pushWal(
      () => openRepositories(invocation, { lock: 'none' }, stack),
      {
        path: given[0] ?? '',
        source,
        spoolDirectory: await spoolDirectoryOf(invocation, source, options.alsoRepo),
        writer: logWriterOptionsOf(invocation, options.host ?? currentIdentity().hostname),
      },
      ctx,
    )
    output.message({ message_type: 'summary', stored: report.stored })
    return 0
  },
})
