import { single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { formatLocalTime } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const auditList = defineCommand({
  name: 'audit list',
  purpose: 'List who changed what over the server and its users, or tried to, newest first',
  arguments: [],
  options: {
    caller: single({ placeholder: '<name>', help: 'Only what this user, token or agent did.' }),
    act: single({ placeholder: '<act>', help: 'Only these, such as run.start, user.add, session.open.' }),
    limit: single({ placeholder: '<n>', help: 'At most so many.', fallback: '50' }, readWhole(1)),
  },
  examples: [
    { explanation: 'Who has signed in lately, and who could not', command: 'holdfast audit list --act session.open' },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const { caller, act, limit = 50 } = invocation.options
    await using plane = await openControlPlane(invocation)
    const filter = { limit, ...(caller !== undefined && { caller }), ...(act !== undefined && { act }) }
    const entries = await plane.catalogue.audit.list(filter)
    const columns = ['Row', 'Time', 'Who', 'Act', 'What', 'Outcome', ''].map((title) => ({ title }))
    const rows = entries.map((entry) => [
      ...[String(entry.sequence), formatLocalTime(entry.at), printable(`${entry.callerKind} ${entry.caller}`)],
      ...[printable(entry.act), printable(entry.subject), printable(entry.outcome)],
      printable(Object.values(entry.detail).join(' ')),
    ])
    invocation.output.line(renderTable(columns, rows))
    invocation.output.message(entries.map(({ callerKind, ...entry }) => ({ ...entry, caller_kind: callerKind })))
    return 0
  },
})
