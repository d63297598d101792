import { createHash } from 'node:crypto'
import type { Finding } from '../finding/finding.ts'
import { severityRank } from '../finding/severity.ts'

/** Why a finding is told: it is new, has become more severe, is still there, or is over. */
export type NoticeEvent = 'opened' | 'worsened' | 'repeated' | 'resolved'

export interface Notice {
  readonly event: NoticeEvent
  readonly finding: Finding
}

/** What a channel is given to send: at least one notice, the most urgent first. */
export interface Message {
  /** the same when the same is sent again after a failure, so that a receiver can drop what it has */
  readonly id: string
  readonly sentAt: Date
  /** the machine that says so */
  readonly host: string
  readonly isTest: boolean
  readonly notices: readonly Notice[]
}

export function createMessage(
  notices: readonly Notice[],
  { host, now, isTest = false }: { readonly host: string; readonly now: Date; readonly isTest?: boolean },
): Message {
  const sorted = notices.toSorted(byUrgency)
  return { id: messageId(sorted, isTest ? now : undefined), sentAt: now, host, isTest, notices: sorted }
}

/** Open before resolved, severe before harmless, then the longest-standing. */
function byUrgency(a: Notice, b: Notice): number {
  return (
    Number(a.event === 'resolved') - Number(b.event === 'resolved') ||
    severityRank(b.finding.severity) - severityRank(a.finding.severity) ||
    a.finding.firstSeenAt.getTime() - b.finding.firstSeenAt.getTime() ||
    (a.finding.key < b.finding.key ? -1 : 1)
  )
}

function messageId(notices: readonly Notice[], testAt: Date | undefined): string {
  const parts = notices.map(({ event, finding }) => [
    event,
    finding.key,
    finding.firstSeenAt.toISOString(),
    finding.severity,
    finding.resolvedAt?.toISOString(),
  ])
  return createHash('sha256')
    .update(JSON.stringify([parts, testAt]))
    .digest('hex')
    .slice(0, 32)
}

/** Tells that a channel works, and asks nobody to do anything. */
export function createTestMessage(channel: string, { host, now }: { host: string; now: Date }): Message {
  const finding: Finding = {
    key: `test:${channel}`,
    kind: 'configuration',
    severity: 'info',
    subject: {},
    title: `this is a test of channel ${channel}`,
    detail: 'Nothing is wrong: messages of Holdfast arrive here. There is nothing to do.',
    figures: {},
    firstSeenAt: now,
    lastSeenAt: now,
  }
  return createMessage([{ event: 'opened', finding }], { host, now, isTest: true })
}
