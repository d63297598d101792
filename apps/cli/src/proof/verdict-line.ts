import type { Check } from '@holdfast/core/proof/check'
import type { SourceProof } from '@holdfast/orchestrator/proof/source-proof'
import { formatClock } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'

export function verdictLine({ source, verdict, recoveryMs, checks }: SourceProof): string {
  if (verdict === 'passed') {
    return `${source} is proven: a recovery takes ${recoveryMs < 60_000 ? formatSeconds(recoveryMs) : formatClock(recoveryMs)}`
  }
  return `${source} is NOT proven: ${failures(checks)}`
}

/** "3.2 s" */
export function formatSeconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`
}

function failures(checks: readonly Check[]): string {
  const failed = checks.filter(({ verdict }) => verdict === 'failed')
  const names = failed.map(({ name, subject }) => (subject === '' ? name : `${name} of ${subject}`))
  return `${printable(names.join(', '))} failed`
}
