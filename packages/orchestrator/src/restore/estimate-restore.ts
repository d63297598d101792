import type { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
import type { ProofRecord } from '../catalogue/catalogue.ts'
import type { RestorePlan } from './restore-plan.ts'

/** Of a restore from a local disk, and of replaying a log, as long as no restore was measured. */
const assumedBytesPerSecond = { data: 100 << 20, log: 50 << 20 }

/** How long it will take: as real restores of the source took, by size; the slowest of those given counts. */
export function estimateRestore(
  { bytes, logBytes }: Pick<RestorePlan['view'], 'bytes' | 'logBytes'>,
  proofs: readonly ProofRecord[],
): Pick<RestorePlanView, 'estimatedMs' | 'estimatedFrom'> {
  const measured = proofs.filter(({ verdict, bytes: proven, recoveryMs }) => {
    return verdict === 'passed' && proven > 0 && recoveryMs > 0
  })
  const slowest = Math.max(0, ...measured.map((proof) => proof.recoveryMs / proof.bytes))
  const total = bytes + logBytes
  if (slowest > 0) return { estimatedMs: Math.round(total * slowest), estimatedFrom: 'proofs' }
  const { data, log } = assumedBytesPerSecond
  return { estimatedMs: Math.round((total / data + logBytes / log) * 1000), estimatedFrom: 'assumption' }
}
