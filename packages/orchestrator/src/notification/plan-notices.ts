import type { EffectiveConfig, RouteSettings } from '@holdfast/core/config/effective-config'
import type { Finding } from '../finding/finding.ts'
import { severityRank } from '../finding/severity.ts'
import type { WallClock } from '../planning/wall-clock.ts'
import { isWithin } from '../planning/window.ts'
import type { Notice, NoticeEvent } from './message.ts'
import { noticeMark, type NoticeState, parseNoticeState } from './notice-state.ts'
import { type Route, routesOf } from './route.ts'

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
    const ways = finding.resolvedAt === undefined ? waysToTell(finding, facts) : waysToEnd(finding, facts)
    for (const [channel, { index, settings }] of ways) {
      const notice = pendingNotice(finding, channel, settings, facts)
      if (notice === undefined) continue
      const key = `${index} ${channel}`
      const group = groups.get(key) ?? { channel, pending: [] }
      group.pending.push(notice)
      groups.set(key, group)
    }
  }
  return [...groups.values()].flatMap(({ channel, pending }) => dueDelivery(channel, pending, facts))
}

/** Channel → the first route that leads there: two routes to the same channel tell it once. */
function waysToTell(finding: Finding, { config }: NoticeFacts): Map<string, Route> {
  const ways = new Map<string, Route>()
  for (const route of routesOf(finding, config)) {
    for (const channel of route.settings.channels) if (!ways.has(channel)) ways.set(channel, route)
  }
  return ways
}

/**
 * Who was told of the beginning is told of the end, also when the finding would take another route by now: it became less
 * severe, or its source is no longer in the configuration.
 */
function waysToEnd(finding: Finding, facts: NoticeFacts): Map<string, Route> {
  const ways = new Map<string, Route>()
  const routes = facts.config.notifications.routes.map((settings, index) => ({ settings, index }))
  for (const channel of facts.config.notifications.channels.keys()) {
    const state = parseNoticeState(facts.marks.get(noticeMark(channel, finding)))
    if (state?.told !== 'open') continue
    const leadsThere = ({ settings }: Route) => settings.channels.includes(channel)
    const asTold = routesOf({ ...finding, severity: state.severity }, facts.config).find(leadsThere)
    const route = asTold ?? routes.find(leadsThere)
    if (route !== undefined) ways.set(channel, route)
  }
  return ways
}

function pendingNotice(
  finding: Finding,
  channel: string,
  route: RouteSettings,
  { marks, now }: NoticeFacts,
): Pending | undefined {
  const state = parseNoticeState(marks.get(noticeMark(channel, finding)))
  const event = finding.resolvedAt === undefined ? openEvent(finding, state, route, now) : endEvent(route)
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

function endEvent({ sendResolved }: RouteSettings): NoticeEvent | undefined {
  return sendResolved ? 'resolved' : undefined
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
