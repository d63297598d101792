import { parseDurationMs } from '@holdfast/core/units/duration'
import { roleOption } from '../access/role-option.ts'
import { several, single } from '../argument/option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

const yearMs = 365 * 86_400_000

export const tokenAdd = defineCommand({
  name: 'token add',
  purpose: 'Make a token by which a program may ask the server',
  details: ['It is printed this once; the catalogue keeps only its hash. Send it as `Authorization: Bearer hf_…`.'],
  arguments: [{ name: 'name', help: 'What the audit log calls whoever has it.', required: true, repeatable: false }],
  options: {
    role: roleOption,
    source: several({ placeholder: '<name>', help: 'Only this source is seen; may be given several times.' }),
    expires: single(
      { placeholder: '<duration>', help: 'How long it holds, or never.', fallback: '365d' },
      readLifetime,
    ),
  },
  examples: [
    { explanation: 'For Prometheus', command: 'holdfast token add prometheus --expires never' },
    {
      explanation: 'For a pipeline that backs up the shop before it deploys',
      command: 'holdfast token add deploy --role operator --source shop --expires 90d',
    },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [given = ''] = invocation.arguments
    const { output, ctx } = invocation
    const { role = 'viewer', source, expires = yearMs } = invocation.options
    const { checkAccessName } = await import('@holdfast/orchestrator/access/access-name')
    const { createToken } = await import('@holdfast/orchestrator/access/token')
    const { audited } = await import('../access/audited.ts')
    const name = checkAccessName(given)
    await using plane = await openControlPlane(invocation)
    const { catalogue } = plane
    const draft = {
      ...{ name, role },
      ...(source.length > 0 && { sources: source }),
      ...(expires !== 'never' && { lifetimeMs: expires }),
    }
    const act = { act: 'token.add', subject: `${name} ${role}` }
    const { secret, token } = await audited(catalogue, act, () => createToken(draft, catalogue, ctx))
    output.line(secret)
    output.message({ message_type: 'token_added', name, role, secret, expires_at: token.expiresAt ?? null })
    return 0
  },
})

function readLifetime(raw: string, label: string): number | 'never' {
  return raw === 'never' ? raw : parseDurationMs(raw, label)
}
