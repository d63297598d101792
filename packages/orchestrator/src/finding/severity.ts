import type { Severity } from '@holdfast/core/config/effective-config'

const order = ['info', 'warning', 'critical'] as const satisfies readonly Severity[]

/** Greater is more urgent. */
export function severityRank(severity: Severity): number {
  return order.indexOf(severity)
}

/** The most urgent of some; info when there are none. */
export function worstSeverity(severities: Iterable<Severity>): Severity {
  let worst: Severity = 'info'
  for (const severity of severities) if (severityRank(severity) > severityRank(worst)) worst = severity
  return worst
}

export const worstFirst = ['critical', 'warning', 'info'] as const satisfies readonly Severity[]
