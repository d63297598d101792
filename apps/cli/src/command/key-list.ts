import { listKeys } from '@holdfast/repository/key/list-keys'
import { formatLocalTime } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const keyList = defineCommand({
  name: 'key list',
  purpose: 'List the keys (passwords) of a repository',
  arguments: [],
  options: {},
  examples: [{ explanation: 'Who can open it; the star marks the key in use', command: 'holdfast key list' }],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'none' })
    const keys = await listKeys(session.repository, ctx)
    const rows = keys.map(({ id, username, hostname, created, isCurrent }) => [
      `${isCurrent ? '*' : ' '}${id.slice(0, 8)}`,
      printable(username),
      printable(hostname),
      formatLocalTime(new Date(created)),
    ])
    output.line(renderTable([{ title: ' ID' }, { title: 'User' }, { title: 'Host' }, { title: 'Created' }], rows))
    output.message(
      keys.map(({ id, username, hostname, created, isCurrent }) => ({
        current: isCurrent,
        id,
        userName: username,
        hostName: hostname,
        created: formatLocalTime(new Date(created)),
      })),
    )
    return 0
  },
})
