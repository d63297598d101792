import { countOf } from '@holdfast/core/units/count-of'
import { defineCommand } from './command.ts'

export const catalogueRebuild = defineCommand({
  name: 'catalogue rebuild',
  purpose: 'Bring back from the repositories what the catalogue knew',
  details: [
    'Snapshots and proofs are read from each repository of the configuration, and the history of runs from the copy that a server keeps there. What the catalogue has already stays. A corrupt catalogue is moved away first; the error that names it says how.',
  ],
  arguments: [],
  options: {},
  examples: [
    { explanation: 'On a new machine, or after the catalogue was lost', command: 'holdfast catalogue rebuild' },
  ],
  exitCodes: [
    { code: 0, meaning: 'done' },
    { code: 1, meaning: 'failed' },
    { code: 3, meaning: 'a repository, or something in one, could not be read' },
  ],
  run: async (invocation) => {
    const { output, ctx } = invocation
    const { openControlPlane } = await import('../session/open-catalogue.ts')
    const { currentMachine } = await import('../session/current-machine.ts')
    const { createRepositoryPool } = await import('@holdfast/orchestrator/operation/repository-pool')
    const { rebuildCatalogue } = await import('@holdfast/orchestrator/operation/rebuild-catalogue')
    await using plane = await openControlPlane(invocation)
    const machine = currentMachine(invocation)
    const { config } = plane.loaded
    await using repositories = createRepositoryPool(config.repositories, machine)
    const report = await rebuildCatalogue({ config, catalogue: plane.catalogue, repositories, machine }, ctx)
    for (const message of report.problems) output.emit({ type: 'message.noted', level: 'warning', message })
    const { snapshots, proofs, runs } = report
    output.line(
      `${countOf(snapshots, 'snapshot')} in ${countOf(report.repositories, 'repository', 'repositories')}; ${countOf(proofs, 'proof')} and ${countOf(runs, 'run')} brought back`,
    )
    output.message({ message_type: 'summary', ...report })
    return report.problems.length > 0 ? 3 : 0
  },
})
