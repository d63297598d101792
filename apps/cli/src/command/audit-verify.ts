import { AppError } from '@holdfast/core/errors/app-error'
import { countOf } from '@holdfast/core/units/count-of'
import type { AuditHead } from '@holdfast/orchestrator/access/audit-entry'
import { invalidArgument, single } from '../argument/option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand } from './command.ts'

export const auditVerify = defineCommand({
  name: 'audit verify',
  purpose: 'Check that no row of the audit log was changed, removed or put in',
  details: [
    'Each row holds a hash over itself and the row before. It prints the end of the chain; whoever keeps that elsewhere can have it compared later, and then not even somebody who wrote the whole log anew goes unnoticed. The copy of the catalogue that goes into the repositories once a day holds it, too.',
  ],
  arguments: [],
  options: {
    head: single(
      { placeholder: '<row:hash>', help: 'An end of the chain that was kept; its row must be there, and the same.' },
      readHead,
    ),
  },
  examples: [
    { explanation: 'Is it whole?', command: 'holdfast audit verify' },
    { explanation: 'Does it still begin as it did in spring?', command: 'holdfast audit verify --head 1234:9f86d0…' },
  ],
  exitCodes: [
    { code: 0, meaning: 'the chain holds' },
    { code: 1, meaning: 'it does not, or could not be read' },
  ],
  run: async (invocation) => {
    const { options, output } = invocation
    await using plane = await openControlPlane(invocation)
    const { verifyAudit } = await import('@holdfast/orchestrator/access/audit-chain')
    const { checked, head, broken } = await verifyAudit(plane.catalogue.audit, options.head)
    if (broken !== undefined) throw new AppError('AUDIT_BROKEN', broken)
    output.line(`${countOf(checked, 'row')}, none changed, removed or put in`)
    output.line(`end of the chain: ${head.sequence}:${head.hash}`)
    output.message({ message_type: 'summary', checked, head })
    return 0
  },
})

function readHead(raw: string, label: string): AuditHead {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(raw) ?? []
  if (sequence !== undefined && hash !== undefined) return { sequence: Number(sequence), hash }
  throw invalidArgument(label, raw, 'it must be a row and its hash, as `holdfast audit verify` prints them')
}
