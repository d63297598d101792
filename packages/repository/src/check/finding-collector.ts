import type { CheckReport } from './check-options.ts'
import { type CheckFinding, makeFinding, type ReportFinding } from './finding.ts'

/** A repository that has lost its index has millions of findings; people read the first. */
const keptFindings = 10_000

export interface FindingCollector {
  readonly report: ReportFinding
  errors(): number
  result(): Pick<CheckReport, 'errors' | 'hints' | 'findings'>
}

/** Counts findings, keeps the first, and passes all on. */
export function createFindingCollector(onFinding: (finding: CheckFinding) => void = () => {}): FindingCollector {
  const counts = { error: 0, hint: 0 }
  const findings: CheckFinding[] = []
  return {
    report(kind, id, reason) {
      const finding = makeFinding(kind, id, reason)
      if (counts[finding.severity]++ < keptFindings) findings.push(finding)
      onFinding(finding)
    },
    errors: () => counts.error,
    result: () => ({ errors: counts.error, hints: counts.hint, findings }),
  }
}
