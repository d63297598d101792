import { formatLocalTime } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const tokenList = defineCommand({
  name: 'token list',
  purpose: 'List the tokens by which programs ask the server',
  arguments: [],
  options: {},
  examples: [{ explanation: 'Which are not used any more?', command: 'holdfast token list' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    await using plane = await openControlPlane(invocation)
    const tokens = await plane.catalogue.tokens.list()
    const columns = ['Token', 'Role', 'Owner', 'Sources', 'Expires', 'Last used'].map((title) => ({ title }))
    const rows = tokens.map(({ name, role, owner, sources, expiresAt, usedAt }) => [
      ...[name, role, owner ?? '', printable(sources?.join(', ') ?? 'all')],
      expiresAt === undefined ? 'never' : formatLocalTime(expiresAt),
      usedAt === undefined ? 'never' : formatLocalTime(usedAt),
    ])
    invocation.output.line(renderTable(columns, rows))
    invocation.output.message(
      // all but the hash
      tokens.map(({ name, role, owner, sources, createdAt, expiresAt, usedAt }) => ({
        ...{ name, role, owner: owner ?? null, sources: sources ?? null },
        ...{ created_at: createdAt, expires_at: expiresAt ?? null, used_at: usedAt ?? null },
      })),
    )
    return 0
  },
})
