import { type Operation, operations, type RunState, runStates } from '@holdfast/orchestrator/run/run'
import { oneOf, single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const runs = defineCommand({
  name: 'runs',
  purpose: 'List what was done, is being done and waits to be done, newest first',
  arguments: [{ name: 'source', help: 'Only runs of this source.', required: false, repeatable: false }],
  options: {
    repository: single({ placeholder: '<name>', help: 'Only runs on this repository.' }),
    operation: oneOf<Operation>({ placeholder: '<operation>', help: 'Only these.', choices: operations }),
    state: oneOf<RunState>({ placeholder: '<state>', help: 'Only those that are so.', choices: runStates }),
    limit: single({ placeholder: '<n>', help: 'At most so many.', fallback: '20' }, readWhole(1)),
  },
  examples: [
    { explanation: 'What went wrong lately', command: 'holdfast runs --state failed' },
    { explanation: 'All about one of them', command: 'holdfast runs show 0198f3c2' },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const { options, output } = invocation
    const [source] = invocation.arguments
    const { repository, operation, state, limit = 20 } = options
    await using plane = await openControlPlane(invocation)
    const found = await plane.catalogue.runs.list({
      limit,
      ...(source === undefined ? {} : { source }),
      ...(repository === undefined ? {} : { repository }),
      ...(operation === undefined ? {} : { operation }),
      ...(state === undefined ? {} : { states: [state] }),
    })
    const { renderRuns, runJson } = await import('../run/run-report.ts')
    output.line(renderRuns(found))
    output.message(found.map(runJson))
    return 0
  },
})
