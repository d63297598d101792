import type { Severity } from '@holdfast/core/config/effective-config'
import { parseMarkFields } from '../catalogue/mark-fields.ts'
import type { Finding } from '../finding/finding.ts'

/** What a channel was told last about a finding, in the mark `notified/<channel>/<finding>`. */
export interface NoticeState {
  readonly told: 'open' | 'resolved'
  readonly severity: Severity
  readonly at: Date
}

const severities: readonly Severity[] = ['info', 'warning', 'critical']

/** The same finding of another time is another one. */
export function noticeMark(channel: string, finding: Pick<Finding, 'key' | 'firstSeenAt'>): string {
  return `notified/${channel}/${finding.key}@${finding.firstSeenAt.toISOString()}`
}

/** What cannot be read counts as never told: told twice is better than not at all. */
export function parseNoticeState(value: string | undefined): NoticeState | undefined {
  const fields = parseMarkFields(value)
  const told = fields?.text('told')
  const severity = severities.find((each) => each === fields?.text('severity'))
  const at = fields?.date('at')
  if ((told !== 'open' && told !== 'resolved') || severity === undefined || at === undefined) return undefined
  return { told, severity, at }
}
