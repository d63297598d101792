import { formatSize } from '@holdfast/core/units/size'
import type { Proof } from '@holdfast/orchestrator/postgresql/proof'
import { formatSeconds, verdictLine } from '../proof/verdict-line.ts'
import { renderChecks } from '../proof/check-table.ts'

/** The evidence of a proof, for people: each check, then times, then the verdict. */
export function renderProof(proof: Proof): string {
  const { phases, until, snapshotId, checks } = proof
  const instant = until === undefined ? '' : `, everything committed by ${until}`
  return [
    renderChecks(checks),
    proof.method === 'logical'
      ? `loaded ${snapshotId.slice(0, 8)} into an empty PostgreSQL ${proof.serverVersion}${instant}: ${formatSize(proof.dataBytes)} of dumps`
      : `restored ${snapshotId.slice(0, 8)} with PostgreSQL ${proof.serverVersion}${instant}: ${formatSize(proof.dataBytes)} and ${formatSize(proof.walBytes)} of WAL`,
    proof.method === 'logical'
      ? `started in ${formatSeconds(phases.startMs)}, fetched and loaded in ${formatSeconds(phases.replayMs)}, checked in ${formatSeconds(phases.checkMs)}`
      : `fetched in ${formatSeconds(phases.fetchMs)}, started in ${formatSeconds(phases.startMs)}, replayed in ${formatSeconds(phases.replayMs)}, checked in ${formatSeconds(phases.checkMs)}`,
    verdictLine(proof),
  ].join('\n')
}
