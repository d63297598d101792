import type { EffectiveConfig, RouteSettings } from '@holdfast/core/config/effective-config'
import type { Finding } from '../finding/finding.ts'
import { severityRank } from '../finding/severity.ts'
import type { WallClock } from '../planning/wall-clock.ts'
import { isWithin } from '../planning/window.ts'
import type { Notice, NoticeEvent } from './message.ts'
import { noticeMark, type NoticeState, parseNoticeState } from './notice-state.ts'
import { routesOf } from './route.ts'

/** One message that is due now. */
export interface Delivery {
  readonly channel: string
  readonly notices: readonly Notice[]
}

export interface NoticeFacts {
  readonly config: EffectiveConfig
  readonly now: Date
  /** open ones, and those resolved lately */
  readonly findings: readonly Finding[]
  readonly marks: ReadonlyMap<string, string>
  readonly wall: WallClock
}

interface Pending extends Notice {
  readonly sinceMs: number
  readonly route: RouteSettings
}

/**
 * What is to be sent now, at most one message a channel and route: findings that a channel was not told about yet, that
 * have become more severe, whose time to be repeated has come, or that are over. Findings gather until the first of a
 * group has waited long enough; quiet hours hold back what is not critical. Pure.
 */
export function planNotices(facts: NoticeFacts): Delivery[] {
  const groups = new Map<string, { channel: string; pending: Pending[] }>()
  for (const finding of facts.findings) {
    const told = new Set<string>()
    for (const { index, settings } of routesOf(finding, facts.config)) {
      for (const channel of settings.channels) {
        // Two routes to the same channel tell it once.
        if (told.has(channel) || !facts.config.notifications.channels.has(channel)) continue
        told.add(channel)
        const notice = pendingNotice(finding, channel, settings, facts)
        if (notice === undefined) continue
        const key = `${index} ${channel}`
        const group = groups.get(key) ?? { channel, pending: [] }
        group.pending.push(notice)
        groups.set(key, group)
      }
    }
  }
  return [...groups.values()].flatMap(({ channel, pending }) => dueDelivery(channel, pending, facts))
}

function pendingNotice(
  finding: Finding,
  channel: string,
  route: RouteSettings,
  { marks, now }: NoticeFacts,
): Pending | undefined {
  const state = parseNoticeState(marks.get(noticeMark(channel, finding)))
  const event = finding.resolvedAt === undefined ? openEvent(finding, state, route, now) : endEvent(state, route)
  if (event === undefined) return undefined
  return { event, finding, route, sinceMs: pendingSince(event, finding, now) }
}

/** An acknowledged finding is somebody's already: only that it became worse, or is over, is told. */
function openEvent(
  finding: Finding,
  state: NoticeState | undefined,
  { repeatEveryMs }: RouteSettings,
  now: Date,
): NoticeEvent | undefined {
  const isAcknowledged = finding.acknowledged !== undefined
  if (state === undefined) return isAcknowledged ? undefined : 'opened'
  // Told as over by a server that knew more; unless it came back since.
  if (state.told === 'resolved') return finding.lastSeenAt > state.at ? 'opened' : undefined
  if (severityRank(finding.severity) > severityRank(state.severity)) return 'worsened'
  if (isAcknowledged || repeatEveryMs === undefined) return undefined
  return now.getTime() - state.at.getTime() >= repeatEveryMs ? 'repeated' : undefined
}

/** Only who was told of the beginning is told of the end. */
function endEvent(state: NoticeState | undefined, { sendResolved }: RouteSettings): NoticeEvent | undefined {
  return state?.told === 'open' && sendResolved ? 'resolved' : undefined
}

function pendingSince(event: NoticeEvent, finding: Finding, now: Date): number {
  if (event === 'opened') return finding.firstSeenAt.getTime()
  if (event === 'resolved') return (finding.resolvedAt ?? now).getTime()
  return Number.NEGATIVE_INFINITY
}

function dueDelivery(channel: string, pending: readonly Pending[], { now, wall }: NoticeFacts): Delivery[] {
  const [first] = pending
  if (first === undefined) return []
  const { quietHours, groupForMs } = first.route
  const isQuiet = quietHours !== undefined && isWithin(quietHours, now.getTime(), wall)
  const allowed = isQuiet ? pending.filter(({ finding }) => finding.severity === 'critical') : pending
  const sinceMs = Math.min(...allowed.map((notice) => notice.sinceMs))
  if (allowed.length === 0 || now.getTime() - sinceMs < groupForMs) return []
  return [{ channel, notices: allowed.map(({ event, finding }) => ({ event, finding })) }]
}
