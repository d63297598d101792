import type { FindingView } from '@holdfast/api/view/finding-view'
import type { Finding } from '@holdfast/orchestrator/finding/finding'

export function viewOfFinding(finding: Finding): FindingView {
  const { key, kind, severity, subject, about, title, detail, figures, acknowledged } = finding
  return {
    key,
    kind,
    severity,
    subject: { ...subject },
    ...(about !== undefined && { about }),
    title,
    detail,
    figures: { ...figures },
    firstSeenAt: finding.firstSeenAt.toISOString(),
    lastSeenAt: finding.lastSeenAt.toISOString(),
    ...(finding.resolvedAt !== undefined && { resolvedAt: finding.resolvedAt.toISOString() }),
    ...(acknowledged !== undefined && {
      acknowledged: {
        by: acknowledged.by,
        at: acknowledged.at.toISOString(),
        note: acknowledged.note,
        isExpected: acknowledged.isExpected === true,
      },
    }),
  }
}
