import { formatDurationMs } from '@holdfast/core/units/duration'
import { subjectText } from '../finding/finding-key.ts'
import type { Message, Notice } from './message.ts'

/** One line that says it all where only one line is shown: a subject, a title, a push message. */
export function headline({ notices, isTest }: Message): string {
  const [first] = notices
  if (first === undefined) return 'nothing to tell'
  if (isTest) return `TEST: ${first.finding.title}`
  if (notices.length === 1) return noticeTitle(first)
  const open = notices.filter(({ event }) => event !== 'resolved')
  const resolved = notices.length - open.length
  const count = (severity: string) => open.filter(({ finding }) => finding.severity === severity).length
  const parts = [
    ...(['critical', 'warning', 'info'] as const).flatMap((severity) =>
      count(severity) === 0 ? [] : [`${count(severity)} ${severity}`],
    ),
    ...(resolved === 0 ? [] : [`${resolved} resolved`]),
  ]
  return `${notices.length} findings (${parts.join(', ')}): ${first.finding.title}, …`
}

/** "CRITICAL: shop was last backed up 9h ago". */
export function noticeTitle({ event, finding }: Notice): string {
  const severity = finding.severity.toUpperCase()
  switch (event) {
    case 'opened':
      return `${severity}: ${finding.title}`
    case 'worsened':
      return `NOW ${severity}: ${finding.title}`
    case 'repeated':
      return `STILL ${severity}: ${finding.title}`
    case 'resolved':
      return `RESOLVED: ${finding.title}`
  }
}

/** Where, since when, and what to do. */
export function noticeBody({ event, finding }: Notice, isTest = false): string {
  if (isTest) return finding.detail
  const where = subjectText(finding.subject)
  const since = `since ${utcMinute(finding.firstSeenAt)}`
  if (event === 'resolved') {
    const endedAt = finding.resolvedAt ?? finding.lastSeenAt
    const lasted = formatDurationMs(endedAt.getTime() - finding.firstSeenAt.getTime())
    return `${where}, over after ${lasted}. Nothing is left to do.`
  }
  return [`${where}, ${since}`, finding.detail, `Seen to? holdfast findings acknowledge ${finding.key}`].join('\n')
}

/** The whole message as plain text of at most `limit` characters; what does not fit is counted. */
export function plainText(message: Message, limit = Number.POSITIVE_INFINITY): string {
  const blocks = message.notices.map((notice) => {
    const title = message.isTest ? headline(message) : noticeTitle(notice)
    return `${title}\n${noticeBody(notice, message.isTest)}`
  })
  const footer = `— Holdfast on ${message.host}`
  const shown: string[] = []
  for (const block of blocks) {
    const rest = blocks.length - shown.length - 1
    if ([...shown, block, moreText(rest), footer].join('\n\n').length > limit && shown.length > 0) break
    shown.push(block)
  }
  const more = moreText(blocks.length - shown.length)
  return truncate([...shown, ...(more === '' ? [] : [more]), footer].join('\n\n'), limit)
}

/** "… and 12 more: `holdfast findings` lists them", or nothing. */
export function moreText(count: number): string {
  return count === 0 ? '' : `… and ${count} more; \`holdfast findings\` lists all`
}

/** Never cuts a character in two. */
export function truncate(text: string, limit: number): string {
  if (text.length <= limit) return text
  const cut = text.slice(0, limit - 1)
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}

/** "2026-11-21 02:00 UTC" */
function utcMinute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
