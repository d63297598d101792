import { existsSync } from 'node:fs'
import { single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { archiveOptions, requireSource, spoolDirectoryOf } from '../postgresql/log-option.ts'
import { openSession } from '../session/open-session.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { defineCommand } from './command.ts'

/**
 * PostgreSQL takes exit codes up to 125 for "there is no such file", which ends a recovery: an unreachable repository must
 * not look like the end of WAL. Larger ones end the server. A standby asks again after 1 to 125, and must not be ended.
 */
const endsRecovery = 200
const asksAgain = 2

export const walFetch = defineCommand({
  name: 'wal-fetch',
  purpose: 'Bring a file of WAL, for restore_command of PostgreSQL',
  details: [
    'Ends with 1 when the log does not have the file, which is how recovery finds its end. When the log cannot be read, it ends with 200, so that the server stops instead of coming up without the rest; on a standby with 2, so that it asks again.',
    'The segments that come next are fetched with it.',
  ],
  arguments: [
    { name: 'file', help: '%f of restore_command.', required: true, repeatable: false },
    { name: 'path', help: '%p of restore_command.', required: true, repeatable: false, completes: 'file' },
  ],
  options: {
    ...archiveOptions,
    ahead: single({ placeholder: '<n>', help: 'Segments to fetch ahead.', fallback: '8' }, readWhole(0)),
  },
  examples: [
    {
      explanation: 'In postgresql.conf, beside standby.signal or recovery.signal',
      command: "restore_command = 'holdfast wal-fetch %f %p --source shop-db'",
    },
  ],
  exitCodes: [
    { code: 0, meaning: 'the file is there' },
    { code: 1, meaning: 'the log does not have it' },
    { code: 2, meaning: 'failed, on a standby' },
    { code: 200, meaning: 'failed, in any other recovery' },
  ],
  // restore_command runs in the data directory
  failureExitCode: () => (existsSync('standby.signal') ? asksAgain : endsRecovery),
  run: async (invocation) => {
    const {
      arguments: [name = '', target = ''],
      options,
      ctx,
    } = invocation
    const source = requireSource(options.source, 'wal-fetch')
    const { fetchWal } = await import('@holdfast/orchestrator/log/fetch-wal')
    await using stack = new AsyncDisposableStack()
    const found = await fetchWal(
      async () => stack.use(await openSession(invocation, { lock: 'none' })).repository,
      {
        name,
        target,
        source,
        spoolDirectory: await spoolDirectoryOf(invocation, source, []),
        ahead: options.ahead ?? 8,
        workers: defaultWorkers(),
      },
      ctx,
    )
    return found ? 0 : 1
  },
})
