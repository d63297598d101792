import type { Finding } from './finding.ts'
import { severityRank } from './severity.ts'

/** Open before resolved, severe before harmless, the longest-standing first. */
export function byUrgency(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) =>
      Number(a.resolvedAt !== undefined) - Number(b.resolvedAt !== undefined) ||
      severityRank(b.severity) - severityRank(a.severity) ||
      a.firstSeenAt.getTime() - b.firstSeenAt.getTime(),
  )
}
