import { formatLocalTime } from '../output/local-time.ts'
import { renderTable } from '../output/table.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const userList = defineCommand({
  name: 'user list',
  purpose: 'List who may sign in to the server',
  arguments: [],
  options: {},
  examples: [{ explanation: 'Who is an admin?', command: 'holdfast user list' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    await using plane = await openControlPlane(invocation)
    const users = (await plane.catalogue.users.list()).map(({ name, role, subject, createdAt }) => {
      return { name, role, signsIn: subject === undefined ? 'password' : 'provider', createdAt }
    })
    const columns = [{ title: 'User' }, { title: 'Role' }, { title: 'Signs in by' }, { title: 'Since' }]
    const rows = users.map(({ name, role, signsIn, createdAt }) => [name, role, signsIn, formatLocalTime(createdAt)])
    invocation.output.line(renderTable(columns, rows))
    invocation.output.message(
      users.map(({ name, role, signsIn, createdAt }) => ({ name, role, signs_in: signsIn, created_at: createdAt })),
    )
    return 0
  },
})
