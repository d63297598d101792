import { flag } from '../argument/option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

/** With --all, those that ended within this time are shown, too. */
const pastMs = 30 * 86_400_000

export const findings = defineCommand({
  name: 'findings',
  purpose: 'Show what needs attention, the most urgent first',
  details: [
    'A finding is noted when it is seen and resolved when it is over; `holdfast serve` looks every few seconds, `holdfast run-due` each time. Each says what to do.',
  ],
  arguments: [{ name: 'source', help: 'Only findings about these sources.', required: false, repeatable: true }],
  options: { all: flag({ help: 'Also those that ended within the last 30 days.' }) },
  examples: [
    { explanation: 'What is wrong?', command: 'holdfast findings' },
    {
      explanation: 'What was wrong with the shop lately, for a program',
      command: 'holdfast findings --all --json shop',
    },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const { options, output, variables, ctx } = invocation
    await using plane = await openControlPlane(invocation)
    const now = ctx.now()
    const stores = plane.catalogue.findings
    const found = [
      ...(await stores.list({ isOpen: true })),
      ...(options.all ? await stores.list({ isOpen: false, since: new Date(now.getTime() - pastMs) }) : []),
    ]
    const sources = new Set(invocation.arguments)
    const chosen = found.filter(({ subject }) => sources.size === 0 || sources.has(subject.source ?? ''))
    const { byUrgency } = await import('@holdfast/orchestrator/finding/by-urgency')
    const { findingJson, renderFindings } = await import('../finding/render-findings.ts')
    const inColour = output.terminal && (variables('NO_COLOR') ?? '') === ''
    output.line(renderFindings(chosen, { now, inColour }))
    output.message(byUrgency(chosen).map(findingJson))
    return 0
  },
})
