import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { SettingMap } from '@holdfast/core/config/setting'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCatalogue, type OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import { findingOf, noon, shopConfig } from '../finding/testing/view-fixture.ts'
import { createWallClock } from '../planning/wall-clock.ts'
import { pingDeadManSwitch } from './dead-man-switch.ts'
import { deliver } from './deliver.ts'
import { secretsOf } from './testing/message-fixture.ts'
import { type Answer, type Receiver, startReceiver } from './testing/receiver.ts'

const minuteMs = 60_000
let directory: string
let catalogue: OpenedCatalogue
let server: Receiver
let answer: Answer | undefined
let now: Date
/** more requests than this are refused for now */
let limit: number | undefined

const ctx = quietContext({ now: () => now })
const open = () => openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-deliver-'))
  now = noon
  answer = { status: 200 }
  limit = undefined
  server = await startReceiver(() => (limit !== undefined && server.received.length > limit ? { status: 429 } : answer))
  catalogue = await open()
})
afterEach(async () => {
  await catalogue[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const configOf = (more: SettingMap = {}) =>
  shopConfig({ notifications: { channels: { hook: { type: 'webhook', url: `${server.url}/secret-path` }, ...more } } })
const tick = (config = configOf(), on = catalogue) =>
  deliver(config, { catalogue: on, resolveSecret: secretsOf(), wall: createWallClock() }, ctx)
const later = (ms: number) => {
  now = new Date(now.getTime() + ms)
}
const events = () =>
  server.received.flatMap(({ body }) =>
    // Boundary: what the webhook wrote.
    (JSON.parse(body) as { findings: { event: string; key: string }[] }).findings.map(
      ({ event, key }) => `${event} ${key}`,
    ),
  )
const put = (...findings: ReturnType<typeof findingOf>[]) => catalogue.findings.put(findings)

describe('delivery', () => {
  it('tells a finding once, and its end once, also over restarts', async () => {
    await put(findingOf())
    expect(await tick()).toEqual({ told: 1, failed: new Map() })
    await catalogue[Symbol.asyncDispose]()
    catalogue = await open()
    expect(await tick()).toMatchObject({ told: 0 })
    await put(findingOf({ resolvedAt: noon }))
    later(minuteMs)
    await tick()
    await tick()
    expect(events()).toEqual(['opened overdue:source/shop', 'resolved overdue:source/shop'])
  })

  it('tries again with growing pauses, keeps what is due, and says nothing twice', async () => {
    await put(findingOf())
    answer = { status: 503, body: 'later, secret-path' }
    expect((await tick()).failed.get('hook')).toContain('it answered 503: later, ***')
    expect((await tick()).failed.size).toBe(0)
    expect(server.received).toHaveLength(1)
    later(30_000)
    await tick()
    later(30_000)
    await tick()
    expect(server.received).toHaveLength(2)
    expect(await catalogue.marks.get('notified/@channel/hook')).toContain('"failures":2')
    answer = { status: 200 }
    later(30_000)
    expect(await tick()).toMatchObject({ told: 1 })
    later(minuteMs)
    await tick()
    const ids = server.received.map(({ headers }) => headers['holdfast-delivery'])
    expect(ids).toHaveLength(3)
    expect(new Set(ids).size).toBe(1)
    expect(await catalogue.marks.get('notified/@channel/hook')).toBe('{"failures":0}')
  })

  it('reaches other channels while one is broken', async () => {
    await put(findingOf())
    const { told, failed } = await tick(configOf({ broken: { type: 'command', command: ['/bin/false'] } }))
    expect(told).toBe(1)
    expect([...failed.keys()]).toEqual(['broken'])
    expect(server.received).toHaveLength(1)
  })

  it('sends once from several servers at the same moment', async () => {
    await put(findingOf())
    await using second = await open()
    await using third = await open()
    await Promise.all([tick(), tick(configOf(), second), tick(configOf(), third)])
    await Promise.all([tick(), tick(configOf(), second), tick(configOf(), third)])
    expect(events()).toEqual(['opened overdue:source/shop'])
  })

  it('goes on when a server died while it was sending', async () => {
    await put(findingOf())
    const claimedUntil = new Date(noon.getTime() + minuteMs)
    await catalogue.marks.set('notified/@channel/hook', JSON.stringify({ failures: 0, claimedUntil }))
    expect(await tick()).toMatchObject({ told: 0 })
    later(minuteMs + 1)
    expect(await tick()).toMatchObject({ told: 1 })
  })

  it('goes on behind what PagerDuty has taken when it takes no more for now', async () => {
    const config = shopConfig({
      notifications: { channels: { pager: { type: 'pagerduty', routingKey: { env: 'KEY' }, url: server.url } } },
    })
    const go = () =>
      deliver(config, { catalogue, resolveSecret: secretsOf({ KEY: 'k' }), wall: createWallClock() }, ctx)
    await put(findingOf(), findingOf({ kind: 'failed' }), findingOf({ kind: 'slow' }))
    const keys = () => server.received.map(({ body }) => /"dedup_key":"holdfast\/([a-z-]+):/.exec(body)?.[1])
    limit = 2
    expect((await go()).told).toBe(2)
    limit = undefined
    later(30_000)
    expect((await go()).told).toBe(1)
    expect(keys().toSpliced(2, 1)).toEqual(['failed', 'overdue', 'slow'])
  })

  it('forgets what was told about findings that ended a week ago, and not about open ones', async () => {
    await put(findingOf({ kind: 'failed' }))
    await tick()
    await put(findingOf({ kind: 'failed', resolvedAt: noon }), findingOf())
    later(minuteMs)
    await tick()
    later(8 * 24 * 60 * minuteMs)
    await tick()
    expect([...(await catalogue.marks.list('notified/hook/')).keys()]).toEqual([
      `notified/hook/overdue:source/shop@${findingOf().firstSeenAt.toISOString()}`,
    ])
    expect(events()).toHaveLength(3)
  })
})

describe("the dead man's switch", () => {
  const config = () => shopConfig({ notifications: { deadManSwitch: { url: `${server.url}/ping/1`, every: '5m' } } })
  const ping = (on = catalogue) => pingDeadManSwitch(config(), { marks: on.marks, resolveSecret: secretsOf() }, ctx)

  it('is requested as often as configured, by one of several servers', async () => {
    await using second = await open()
    expect([await ping(), await ping(second)]).toEqual(['sent', 'not due'])
    later(5 * minuteMs)
    expect(new Set(await Promise.all([ping(), ping(second)]))).toEqual(new Set(['not due', 'sent']))
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /ping/1', 'GET /ping/1'])
  })

  it('is requested again soon when it could not be, and counts the failures', async () => {
    answer = { status: 500 }
    expect(await ping()).toMatchObject({ error: expect.stringContaining('it answered 500') })
    expect(await ping()).toBe('not due')
    later(30_000)
    await ping()
    expect(await catalogue.marks.get('notified/@dead-man-switch')).toContain('"failures":2')
    answer = { status: 200 }
    later(30_000)
    expect(await ping()).toBe('sent')
    expect(await catalogue.marks.get('notified/@dead-man-switch')).toContain('"failures":0')
  })

  it('is nothing where none is configured', async () => {
    const none = shopConfig()
    expect(await pingDeadManSwitch(none, { marks: catalogue.marks, resolveSecret: secretsOf() }, ctx)).toBe('not due')
  })
})
