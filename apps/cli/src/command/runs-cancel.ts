import { AppError } from '@holdfast/core/errors/app-error'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const runsCancel = defineCommand({
  name: 'runs cancel',
  purpose: 'Cancel a run that waits or is being done',
  details: ['One that is being done is told within a quarter of a minute, and stops as soon as that is safe.'],
  arguments: [{ name: 'run', help: 'Id of the run, or its beginning or end.', required: true, repeatable: false }],
  options: {},
  examples: [{ explanation: 'Not now', command: 'holdfast runs cancel 0198f3c2' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [id = ''] = invocation.arguments
    const { output, ctx } = invocation
    await using plane = await openControlPlane(invocation)
    const { findRun } = await import('@holdfast/orchestrator/run/find-run')
    const { openRunQueue } = await import('@holdfast/orchestrator/run/open-run-queue')
    const run = await findRun(plane.catalogue, id)
    await using queue = await openRunQueue(plane.catalogue, ctx)
    if (!(await queue.cancel(run.id))) throw new AppError('RUN_ENDED', { id: run.id, state: run.state })
    const done = run.state === 'queued' ? 'cancelled' : 'told to stop'
    output.line(`${run.operation} ${run.source ?? run.repository ?? ''} is ${done}`)
    output.message({ message_type: 'summary', run: run.id, outcome: done })
    return 0
  },
})
