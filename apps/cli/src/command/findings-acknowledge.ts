import { flag, single } from '../argument/option.ts'
import { currentIdentity } from '../session/identity.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const findingsAcknowledge = defineCommand({
  name: 'findings acknowledge',
  purpose: 'Say that somebody sees to a finding',
  details: [
    'It is not repeated any more, until it is over or becomes more severe.',
    'An anomaly stays open, and keeps old backups from being forgotten, until somebody says with --expected that the source should look as it does now; then it is over with the next backup that looks as usual.',
  ],
  arguments: [
    { name: 'key', help: 'Key of the finding, as `holdfast findings` shows it.', required: true, repeatable: false },
  ],
  options: {
    note: single({ placeholder: '<text>', help: 'Why, for the others.', fallback: '' }),
    by: single({ placeholder: '<name>', help: 'Who says so; default: the user of this process.' }),
    expected: flag({ help: 'What was seen is as it should be.' }),
  },
  examples: [
    {
      explanation: 'It is being worked on',
      command: "holdfast findings acknowledge overdue:source/shop --note 'disk is being replaced'",
    },
    {
      explanation: 'The great change was a migration',
      command: "holdfast findings acknowledge anomaly:source/shop:churn --expected --note 'new file layout'",
    },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [key = ''] = invocation.arguments
    const { options, output, ctx } = invocation
    const { username, hostname } = currentIdentity()
    await using plane = await openControlPlane(invocation)
    const { acknowledgeFinding } = await import('@holdfast/orchestrator/finding/acknowledge-finding')
    const draft = {
      by: options.by ?? `${username}@${hostname}`,
      note: options.note ?? '',
      ...(options.expected && { isExpected: true }),
    }
    const finding = await acknowledgeFinding(plane.catalogue.findings, key, draft, ctx)
    const { findingJson } = await import('../finding/render-findings.ts')
    output.line(`acknowledged: ${finding.title}`)
    output.message(findingJson(finding))
    return 0
  },
})
