import { describe, expect, it } from 'vitest'
import type { SettingMap } from '@holdfast/core/config/setting'
import type { Finding } from '../finding/finding.ts'
import { ago, findingOf, hourMs, noon, shopConfig } from '../finding/testing/view-fixture.ts'
import { createWallClock } from '../planning/wall-clock.ts'
import { noticeMark, type NoticeState } from './notice-state.ts'
import { planNotices } from './plan-notices.ts'

const minuteMs = 60_000
const wall = createWallClock()
const channel = { type: 'command', command: ['/bin/true'] }

interface Given {
  readonly route?: SettingMap
  readonly told?: readonly (readonly [Finding, NoticeState])[]
  readonly now?: Date
}

function plan(findings: readonly Finding[], { route = {}, told = [], now = noon }: Given = {}) {
  const config = shopConfig({
    notifications: { channels: { chat: channel }, routes: [{ channels: ['chat'], groupFor: '30s', ...route }] },
  })
  const marks = new Map(told.map(([finding, state]) => [noticeMark('chat', finding), JSON.stringify(state)]))
  return planNotices({ config, now, findings, marks, wall }).map(({ channel: to, notices }) => [
    to,
    notices.map(({ event, finding }) => `${event} ${finding.kind}`),
  ])
}

const open = findingOf()
const toldOpen: NoticeState = { told: 'open', severity: 'warning', at: ago(hourMs) }
const acknowledged = { by: 'kim', at: ago(minuteMs), note: '' }

describe('what is told', () => {
  it('is a new finding, once', () => {
    expect(plan([open])).toEqual([['chat', ['opened overdue']]])
    expect(plan([open], { told: [[open, toldOpen]] })).toEqual([])
  })

  it('is told again as a new one when the same was there at another time', () => {
    const earlier = findingOf({ firstSeenAt: ago(50 * hourMs), resolvedAt: ago(40 * hourMs) })
    const state: NoticeState = { told: 'resolved', severity: 'warning', at: ago(40 * hourMs) }
    expect(plan([earlier, open], { told: [[earlier, state]] })).toEqual([['chat', ['opened overdue']]])
  })

  it('waits until the first of a group has waited long enough, then is one message', () => {
    const first = findingOf({ firstSeenAt: ago(29_000) })
    const second = findingOf({ kind: 'failed', firstSeenAt: ago(5000) })
    expect(plan([first, second])).toEqual([])
    expect(plan([first, second], { now: new Date(noon.getTime() + 1000) })).toEqual([
      ['chat', ['opened overdue', 'opened failed']],
    ])
  })

  it('is not a finding that was over before it was told, nor its end', () => {
    expect(plan([findingOf({ resolvedAt: ago(minuteMs) })])).toEqual([])
  })

  it('is the end of what was told, unless the route says no', () => {
    const resolved = findingOf({ resolvedAt: ago(minuteMs) })
    expect(plan([resolved], { told: [[resolved, toldOpen]] })).toEqual([['chat', ['resolved overdue']]])
    expect(plan([resolved], { told: [[resolved, toldOpen]], route: { sendResolved: false } })).toEqual([])
  })

  it('is the end also when the finding became less severe, or its source is gone from the configuration', () => {
    const route = { minimumSeverity: 'critical', tiers: ['important'] }
    const toldCritical: NoticeState = { ...toldOpen, severity: 'critical' }
    const milder = findingOf({ severity: 'warning', resolvedAt: ago(minuteMs) })
    expect(plan([milder], { route, told: [[milder, toldCritical]] })).toEqual([['chat', ['resolved overdue']]])
    const gone = findingOf({ subject: { source: 'old' }, resolvedAt: ago(minuteMs) })
    expect(plan([gone], { route, told: [[gone, toldCritical]] })).toEqual([['chat', ['resolved overdue']]])
  })

  it('is that a finding became more severe, also when it is acknowledged; not that it became less', () => {
    const worse = findingOf({ severity: 'critical', acknowledged })
    expect(plan([worse], { told: [[worse, toldOpen]] })).toEqual([['chat', ['worsened overdue']]])
    expect(plan([open], { told: [[open, { ...toldOpen, severity: 'critical' }]] })).toEqual([])
  })

  it('is repeated after its time, unless somebody has acknowledged it', () => {
    const route = { repeatEvery: '1h' }
    expect(plan([open], { route, told: [[open, toldOpen]] })).toEqual([['chat', ['repeated overdue']]])
    expect(plan([open], { route, told: [[open, { ...toldOpen, at: ago(hourMs - 1) }]] })).toEqual([])
    const seenTo = findingOf({ acknowledged })
    expect(plan([seenTo], { route, told: [[seenTo, toldOpen]] })).toEqual([])
  })

  it('is nothing about what was acknowledged before it could be told', () => {
    expect(plan([findingOf({ acknowledged })])).toEqual([])
  })

  it('is told once where two routes lead to the same channel', () => {
    const config = shopConfig({
      notifications: {
        channels: { chat: channel },
        routes: [{ channels: ['chat'], andOthers: true }, { channels: ['chat'] }],
      },
    })
    expect(planNotices({ config, now: noon, findings: [open], marks: new Map(), wall })).toHaveLength(1)
  })

  it('is not told as new by a server that has not seen its end yet', () => {
    const state: NoticeState = { told: 'resolved', severity: 'warning', at: ago(1000) }
    expect(plan([open], { told: [[open, state]] })).toEqual([])
    const back = findingOf({ lastSeenAt: noon })
    expect(plan([back], { told: [[back, state]] })).toEqual([['chat', ['opened overdue']]])
  })

  it('is told again rather than never when what was told cannot be read', () => {
    const marks = new Map([[noticeMark('chat', open), '{']])
    const config = shopConfig({ notifications: { channels: { chat: channel } } })
    expect(planNotices({ config, now: noon, findings: [open], marks, wall })).toHaveLength(1)
  })
})

describe('quiet hours', () => {
  const route = { quietHours: { between: '11:00-13:00' } }
  const critical = findingOf({ kind: 'log-gap', severity: 'critical' })

  it('hold back what is not critical, and let the rest pass', () => {
    expect(plan([open, critical], { route })).toEqual([['chat', ['opened log-gap']]])
  })

  it('are followed by what they held back, in one message', () => {
    const failed = findingOf({ kind: 'failed' })
    const now = new Date('2026-11-21T13:00:00Z')
    expect(plan([open, failed], { route, now })).toEqual([['chat', ['opened overdue', 'opened failed']]])
  })

  it('say nothing of what came and went in them', () => {
    const gone = findingOf({ resolvedAt: ago(minuteMs) })
    expect(plan([gone], { route, now: new Date('2026-11-21T13:00:00Z') })).toEqual([])
  })
})
