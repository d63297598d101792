import { flag } from '../argument/option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand } from './command.ts'

export const status = defineCommand({
  name: 'status',
  purpose: 'Show for each source what could be restored now, and whether its promises hold',
  details: [
    'RPO is the time since the newest instant that can be restored; RTO is what the slowest proof of the last 90 days took, scaled to the present size. ✓ is kept, ✗ is broken, ? was not measured yet, – is not promised.',
    'The score counts the demands that are met: three copies (the source is one), two media, one off-site, one immutable, no error at the last proof. `holdfast report` explains them.',
  ],
  arguments: [{ name: 'source', help: 'Only these sources.', required: false, repeatable: true }],
  options: { broken: flag({ help: 'Only sources that break a promise or have findings.' }) },
  examples: [
    { explanation: 'Everything at a glance', command: 'holdfast status' },
    { explanation: 'What needs somebody, for a program', command: 'holdfast status --broken --json' },
  ],
  exitCodes: [
    { code: 0, meaning: 'no promise is broken' },
    { code: 1, meaning: 'failed' },
    { code: 3, meaning: 'a promise is broken, the last restore that was tried failed, or there is nothing to restore' },
  ],
  run: async (invocation) => {
    const { options, output, variables, ctx } = invocation
    const [{ readStatusFacts }, { statusOf }, { createCronClock }, { chooseSources }] = await Promise.all([
      import('@holdfast/orchestrator/status/status-facts'),
      import('@holdfast/orchestrator/status/status-report'),
      import('@holdfast/orchestrator/planning/cron-clock'),
      import('../status/choose-sources.ts'),
    ])
    await using plane = await openControlPlane(invocation)
    const facts = await readStatusFacts(plane.catalogue, plane.loaded.config, ctx.now())
    const report = chooseSources(statusOf(facts, createCronClock()), invocation.arguments, options.broken)
    if (output.json) {
      const { statusJson } = await import('@holdfast/orchestrator/status/status-json')
      output.message(statusJson(report))
    } else {
      const { renderStatus } = await import('../status/render-status.ts')
      const colours = output.terminal && (variables('NO_COLOR') ?? '') === ''
      output.line(renderStatus(report, { colours }))
    }
    return report.sources.some(({ isBroken }) => isBroken) ? 3 : 0
  },
})
