import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const runsShow = defineCommand({
  name: 'runs show',
  purpose: 'Show everything about a run',
  arguments: [{ name: 'run', help: 'Id of the run, or its beginning or end.', required: true, repeatable: false }],
  options: {},
  examples: [{ explanation: 'Why did it fail?', command: 'holdfast runs show 0198f3c2' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [id = ''] = invocation.arguments
    await using plane = await openControlPlane(invocation)
    const { findRun } = await import('@holdfast/orchestrator/run/find-run')
    const run = await findRun(plane.catalogue, id)
    const { renderRun, renderRunDetails, runJson } = await import('../run/run-report.ts')
    invocation.output.line(`${renderRunDetails(run)}\n${renderRun(run)}`)
    invocation.output.message(runJson(run))
    return 0
  },
})
