import type { Check } from '@holdfast/core/proof/check'
import { formatSize } from '@holdfast/core/units/size'
import type { Proof } from '@holdfast/orchestrator/postgresql/proof'
import { formatClock } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { renderChecks } from './check-table.ts'

/** The evidence of a proof, for people: each check, then times, then the verdict. */
export function renderProof(proof: Proof): string {
  const { phases, until, snapshotId, checks } = proof
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const instant = until === undefined ? '' : `, everything committed by ${until}`
  return [
    renderChecks(checks),
    proof.method === 'logical'
      ? `loaded ${snapshotId.slice(0, 8)} into an empty PostgreSQL ${proof.serverVersion}${instant}: ${formatSize(proof.dataBytes)} of dumps`
      : `restored ${snapshotId.slice(0, 8)} with PostgreSQL ${proof.serverVersion}${instant}: ${formatSize(proof.dataBytes)} and ${formatSize(proof.walBytes)} of WAL`,
    proof.method === 'logical'
      ? `started in ${seconds(phases.startMs)}, fetched and loaded in ${seconds(phases.replayMs)}, checked in ${seconds(phases.checkMs)}`
      : `fetched in ${seconds(phases.fetchMs)}, started in ${seconds(phases.startMs)}, replayed in ${seconds(phases.replayMs)}, checked in ${seconds(phases.checkMs)}`,
    verdictLine(proof),
  ].join('\n')
}

function verdictLine({ source, verdict, recoveryMs, checks }: Proof): string {
  if (verdict === 'passed') {
    return `${source} is proven: a recovery takes ${recoveryMs < 60_000 ? `${(recoveryMs / 1000).toFixed(1)} s` : formatClock(recoveryMs)}`
  }
  return `${source} is NOT proven: ${failures(checks)}`
}

function failures(checks: readonly Check[]): string {
  const failed = checks.filter(({ verdict }) => verdict === 'failed')
  const names = failed.map(({ name, subject }) => (subject === '' ? name : `${name} of ${subject}`))
  return `${printable(names.join(', '))} failed`
}
