import type { ProofView } from '@holdfast/api/view/proof-view'
import type { ProofRecord } from '@holdfast/orchestrator/catalogue/catalogue'

export function viewOfProof({ checks: _evidence, endedAt, ...proof }: ProofRecord): ProofView {
  return { ...proof, endedAt: endedAt.toISOString() }
}
