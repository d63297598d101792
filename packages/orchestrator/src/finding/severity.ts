import type { Severity } from '@holdfast/core/config/effective-config'

const order = ['info', 'warning', 'critical'] as const satisfies readonly Severity[]

/** Greater is more urgent. */
export function severityRank(severity: Severity): number {
  return order.indexOf(severity)
}

export const worstFirst = ['critical', 'warning', 'info'] as const satisfies readonly Severity[]
