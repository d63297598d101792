import { z } from 'zod'
import type { Severity } from '@holdfast/core/config/effective-config'
import type { Finding } from '../finding/finding.ts'

/** What a channel was told last about a finding, in the mark `notified/<channel>/<finding>`. */
export interface NoticeState {
  readonly told: 'open' | 'resolved'
  readonly severity: Severity
  readonly at: Date
}

const schema = z.object({
  told: z.enum(['open', 'resolved']),
  severity: z.enum(['info', 'warning', 'critical']),
  at: z.coerce.date(),
})

/** The same finding of another time is another one. */
export function noticeMark(channel: string, finding: Pick<Finding, 'key' | 'firstSeenAt'>): string {
  return `notified/${channel}/${finding.key}@${finding.firstSeenAt.toISOString()}`
}

/** What cannot be read counts as never told: told twice is better than not at all. */
export function parseNoticeState(value: string | undefined): NoticeState | undefined {
  if (value === undefined) return undefined
  try {
    return schema.parse(JSON.parse(value))
  } catch {
    return undefined
  }
}
