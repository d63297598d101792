import { saveProof } from '@holdfast/orchestrator/proof/save-proof'
import type { SourceProof } from '@holdfast/orchestrator/proof/source-proof'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import type { VerifyOptions } from '../command/verify.ts'
import { saveSettingsOf } from '../session/save-settings-of.ts'
import { currentIdentity } from '../session/identity.ts'

/** A proof, and the same for people. */
export interface ShownProof {
  readonly proof: SourceProof
  readonly text: string
}

/** Keeps the evidence and shows it. The exit code is 1 when a check failed. The caller holds a lock. */
export async function recordProof(
  repository: Repository,
  { proof, text }: ShownProof,
  invocation: Invocation<VerifyOptions>,
): Promise<number> {
  const { options, output, ctx } = invocation
  const settings = saveSettingsOf(invocation, currentIdentity().hostname)
  const recorded = options.noRecord ? undefined : await saveProof(repository, proof, settings, ctx)
  output.line(text)
  if (recorded !== undefined) output.note(`the evidence is kept as snapshot ${recorded.slice(0, 8)}`)
  output.message({ message_type: 'summary', proof, ...(recorded === undefined ? {} : { proof_snapshot_id: recorded }) })
  return proof.verdict === 'passed' ? 0 : 1
}
