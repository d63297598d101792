import { parseAssertion } from '@holdfast/connectors/postgresql/proof/assertion'
import { parseColumn, parseRelation } from '@holdfast/connectors/postgresql/proof/relation-check'
import { clientPlaceOf } from '@holdfast/orchestrator/postgresql/client-place'
import { proveSource } from '@holdfast/orchestrator/postgresql/prove-source'
import { saveProof } from '@holdfast/orchestrator/proof/save-proof'
import type { Invocation } from '../command/command.ts'
import type { VerifyOptions } from '../command/verify.ts'
import { currentIdentity } from '../session/identity.ts'
import { openSession } from '../session/open-session.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { renderProof } from './proof-report.ts'
import { parseRecoveryPoint } from './recovery-point.ts'
import { saveSettingsOf } from './save-settings-of.ts'

/** Proves a source and keeps the evidence. The exit code is 1 when a check failed. */
export async function runPostgresVerify(source: string, invocation: Invocation<VerifyOptions>): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const expectation = {
    assertions: options.assert.map(parseAssertion),
    relations: options.relation.map(parseRelation),
    unique: options.unique.map((text) => parseColumn(text, '--unique')),
  }
  const at = options.at ?? 'latest'
  const given = at === 'random' ? undefined : parseRecoveryPoint(at, '--at')
  await using session = await openSession(invocation, {
    lock: options.noRecord ? 'read' : 'append',
    changesNothing: options.noRecord,
  })
  const { repository } = session
  const proof = await proveSource(
    repository,
    {
      source,
      at: given ?? 'random',
      atText: at,
      ...(options.method === undefined ? {} : { method: options.method }),
      ...(options.inImage === undefined ? {} : { image: options.inImage }),
      expectation,
      client: clientPlaceOf(options.postgresBin, variables),
      workers: defaultWorkers(),
      random: Math.random,
      ...(options.sandbox === undefined ? {} : { sandboxParent: options.sandbox }),
    },
    ctx,
  )
  const recorded = options.noRecord
    ? undefined
    : await saveProof(repository, proof, saveSettingsOf(invocation, currentIdentity().hostname), ctx)
  output.line(renderProof(proof))
  if (recorded !== undefined) output.note(`the evidence is kept as snapshot ${recorded.slice(0, 8)}`)
  output.message({ message_type: 'summary', proof, ...(recorded === undefined ? {} : { proof_snapshot_id: recorded }) })
  return proof.verdict === 'passed' ? 0 : 1
}
