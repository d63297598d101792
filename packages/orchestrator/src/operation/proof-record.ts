import type { ProofRecord } from '../catalogue/catalogue.ts'
import type { SourceProof } from '../proof/source-proof.ts'

/** What the catalogue remembers of a proof. `id`: of the snapshot that holds the evidence, or of the run. */
export function proofRecordOf(repository: string, id: string, proof: SourceProof): ProofRecord {
  const { source, snapshotId, verdict, target, endedAt, recoveryMs, dataBytes, walBytes, checks } = proof
  return {
    id,
    source,
    repository,
    snapshotId,
    verdict,
    target,
    endedAt: new Date(endedAt),
    recoveryMs,
    bytes: dataBytes + walBytes,
    checks: JSON.stringify(checks),
  }
}
