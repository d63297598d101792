import { describe, expect, test } from 'vitest'
import type { Run } from '../run/run.ts'
import { createScheduler, tick } from './scheduler.ts'
import { openPlanningFixture, planningConfig, sourceFor } from './testing/planning-fixture.ts'

const daily = planningConfig({ shop: sourceFor('0 2 * * *') })
const keysOf = ({ enqueued }: { readonly enqueued: readonly Run[] }) => enqueued.map(({ uniqueKey }) => uniqueKey)

describe('the scheduler', () => {
  test('backs a new source up at once, and then as its line says', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const scheduler = createScheduler(catalogue, queue)
    expect(keysOf(await scheduler.tick(daily, ctx))).toEqual(['backup/shop/first'])
    await planning.work()
    expect(keysOf(await scheduler.tick(daily, ctx))).toEqual([])
    planning.set('2026-06-01T23:59:59Z')
    const before = await scheduler.tick(daily, ctx)
    expect(before).toMatchObject({ enqueued: [], nextAt: new Date('2026-06-02T00:00:00Z') })
    planning.set('2026-06-02T00:00:00Z')
    const [run] = (await scheduler.tick(daily, ctx)).enqueued
    expect(run).toMatchObject({
      uniqueKey: 'backup/shop/2026-06-02T00:00:00.000Z',
      cause: { type: 'schedule', fire: new Date('2026-06-02T00:00:00Z'), isMadeUp: false },
      exclusiveKeys: ['source/shop'],
      limitKeys: ['host/test-host', 'repository/local'],
      attempts: 4,
    })
    expect(keysOf(await scheduler.tick(daily, ctx))).toEqual([])
  })

  test('makes up once for what was missed while nobody was there', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    await tick(catalogue, queue, daily, ctx)
    await planning.work()
    planning.set('2026-06-20T12:00:00Z')
    const { enqueued } = await tick(catalogue, queue, daily, ctx)
    expect(enqueued).toMatchObject([{ cause: { fire: new Date('2026-06-20T00:00:00Z'), isMadeUp: true } }])
    await planning.work()
    expect(keysOf(await tick(catalogue, queue, daily, ctx))).toEqual([])
    planning.set('2026-06-21T00:00:01Z')
    expect(keysOf(await tick(catalogue, queue, daily, ctx))).toEqual(['backup/shop/2026-06-21T00:00:00.000Z'])
  })

  test('fires once, however many servers there are', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const servers = Array.from({ length: 4 }, () => createScheduler(catalogue, queue))
    for (const time of [
      '2026-06-01T12:00:00Z',
      '2026-06-02T00:00:00Z',
      '2026-06-02T00:00:30Z',
      '2026-06-04T09:00:00Z',
    ]) {
      planning.set(time)
      await Promise.all(servers.map((server) => server.tick(daily, ctx)))
      await planning.work()
    }
    const runs = await catalogue.runs.list({ source: 'shop' })
    expect(runs.map(({ uniqueKey }) => uniqueKey).toReversed()).toEqual([
      'backup/shop/first',
      'backup/shop/2026-06-02T00:00:00.000Z',
      'backup/shop/2026-06-04T00:00:00.000Z',
    ])
  })

  test('asks again after a crash between the run and the note of it, in vain', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    await tick(catalogue, queue, daily, ctx)
    await planning.work()
    planning.set('2026-06-02T00:00:00Z')
    const noted = await catalogue.marks.get('fired/backup/shop')
    expect((await tick(catalogue, queue, daily, ctx)).enqueued).toHaveLength(1)
    await planning.work()
    await catalogue.marks.set('fired/backup/shop', noted ?? '')
    expect((await tick(catalogue, queue, daily, ctx)).enqueued).toEqual([])
    expect(await catalogue.marks.get('fired/backup/shop')).toBe('2026-06-02T00:00:00.000Z')
  })

  test('holds a fire back while the run before goes on, says so, and fires once when it has ended', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const hourly = planningConfig({ shop: sourceFor('0 * * * *') })
    const scheduler = createScheduler(catalogue, queue)
    const [first] = (await scheduler.tick(hourly, ctx)).enqueued
    await queue.lease('worker', { leaseMs: 86_400_000, limits: new Map() })
    planning.set('2026-06-01T13:00:00Z')
    expect(await scheduler.tick(hourly, ctx)).toMatchObject({ enqueued: [], held: ['backup/shop'] })
    planning.set('2026-06-01T15:30:00Z')
    expect(await scheduler.tick(hourly, ctx)).toMatchObject({ enqueued: [], held: ['backup/shop'] })
    expect(JSON.parse((await catalogue.marks.get('held/backup/shop')) ?? '{}')).toEqual({
      fire: '2026-06-01T13:00:00.000Z',
      runId: first?.id,
      since: '2026-06-01T13:00:00.000Z',
    })
    await queue.finish(first?.id ?? '', 'worker', { state: 'succeeded' })
    expect(keysOf(await scheduler.tick(hourly, ctx))).toEqual(['backup/shop/2026-06-01T15:00:00.000Z'])
    expect(await catalogue.marks.get('held/backup/shop')).toBeUndefined()
  })

  test('does not fire for the past of a line that was changed', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const scheduler = createScheduler(catalogue, queue)
    await scheduler.tick(daily, ctx)
    await planning.work()
    planning.set('2026-06-02T12:00:00Z')
    await scheduler.tick(daily, ctx)
    await planning.work()
    const later = planningConfig({ shop: sourceFor('0 3 * * *') })
    expect(keysOf(await scheduler.tick(later, ctx))).toEqual([])
    expect(keysOf(await tick(catalogue, queue, later, ctx))).toEqual([])
    planning.set('2026-06-03T01:00:00Z')
    expect(keysOf(await scheduler.tick(later, ctx))).toEqual(['backup/shop/2026-06-03T01:00:00.000Z'])
  })

  test('makes up for what the former line missed when the line was changed meanwhile', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    await tick(catalogue, queue, daily, ctx)
    await planning.work()
    planning.set('2026-06-05T12:00:00Z')
    const evening = planningConfig({ shop: sourceFor('0 20 * * *') })
    expect(keysOf(await tick(catalogue, queue, evening, ctx))).toEqual(['backup/shop/2026-06-05T00:00:00.000Z'])
    await planning.work()
    expect(keysOf(await tick(catalogue, queue, evening, ctx))).toEqual([])
    planning.set('2026-06-05T18:00:00Z')
    expect(keysOf(await tick(catalogue, queue, evening, ctx))).toEqual(['backup/shop/2026-06-05T18:00:00.000Z'])
  })

  test('goes on from what the repositories hold when the catalogue was lost', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const time = new Date('2026-06-01T00:00:10Z')
    await catalogue.snapshots.add([
      { repository: 'local', snapshotId: 'a'.repeat(64), source: 'shop', time, lineage: 'run-1' },
    ])
    expect(keysOf(await tick(catalogue, queue, daily, ctx))).toEqual([])
    planning.set('2026-06-02T12:00:00Z')
    expect(keysOf(await tick(catalogue, queue, daily, ctx))).toEqual(['backup/shop/2026-06-02T00:00:00.000Z'])
  })

  test('puts a fire off to the end of a blackout, also one that is made up', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const config = planningConfig({ shop: sourceFor('0 */4 * * *', { blackouts: ['08:00-18:00'] }) })
    const scheduler = createScheduler(catalogue, queue)
    expect(await scheduler.tick(config, ctx)).toMatchObject({ enqueued: [], nextAt: new Date('2026-06-01T16:00:00Z') })
    planning.set('2026-06-01T16:00:00Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual(['backup/shop/first'])
    await planning.work()
    // 08:00, 12:00 and 16:00 in Berlin wait for 18:00 and are one.
    planning.set('2026-06-02T11:00:00Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual([])
    planning.set('2026-06-02T15:59:59Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual([])
    planning.set('2026-06-02T16:00:00Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual(['backup/shop/2026-06-02T14:00:00.000Z'])
    await planning.work()
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual([])
  })

  test('prunes inside the window only, and says until when it may begin', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const prune = { schedule: { cron: '0 12 * * *', jitter: '0' }, window: '22:00-06:00' }
    const config = planningConfig({}, { local: { prune } })
    const scheduler = createScheduler(catalogue, queue)
    await scheduler.tick(config, ctx)
    planning.set('2026-06-02T19:59:59Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual([])
    planning.set('2026-06-02T20:00:00Z')
    expect((await scheduler.tick(config, ctx)).enqueued).toMatchObject([
      { operation: 'prune', repository: 'local', arguments: { until: '2026-06-03T04:00:00.000Z' } },
    ])
    await planning.work()
    // Nobody there the whole next night: not in the day, but in the night after.
    planning.set('2026-06-04T09:00:00Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual([])
    planning.set('2026-06-04T20:00:00Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual(['prune/local/2026-06-04T10:00:00.000Z'])
  })

  test('reads the data of a repository again in rotating parts', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const check = { schedule: { cron: '0 5 * * *', jitter: '0' }, readAllWithin: '10d' }
    const config = planningConfig({}, { offsite: { check } })
    await tick(catalogue, queue, config, ctx)
    planning.set('2026-06-02T05:00:00Z')
    expect((await tick(catalogue, queue, config, ctx)).enqueued).toMatchObject([
      {
        operation: 'check',
        repository: 'offsite',
        exclusiveKeys: ['check/offsite'],
        arguments: { parts: '1/10' },
      },
    ])
  })

  test('asks for copies that are missing, again every hour until they are there', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    const config = planningConfig({ shop: sourceFor('0 2 * * *', { repositories: ['local', 'offsite'] }) })
    const time = new Date('2026-06-01T00:00:10Z')
    const record = { snapshotId: 'a'.repeat(64), source: 'shop', time, lineage: 'run-1' }
    await catalogue.snapshots.add([{ ...record, repository: 'local' }])
    const scheduler = createScheduler(catalogue, queue)
    const first = await scheduler.tick(config, ctx)
    expect(keysOf(first)).toEqual(['copy/shop/offsite/again/2026-06-01T12:00:00.000Z'])
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual([])
    await planning.work(async () => ({ state: 'failed' }))
    planning.set('2026-06-01T13:00:00Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual(['copy/shop/offsite/again/2026-06-01T13:00:00.000Z'])
    await planning.work()
    await catalogue.snapshots.add([{ ...record, repository: 'offsite' }])
    planning.set('2026-06-01T14:00:00Z')
    expect(keysOf(await scheduler.tick(config, ctx))).toEqual([])
  })

  test('asks the catalogue nothing while nothing is due', async () => {
    await using planning = await openPlanningFixture('2026-06-01T12:00:00Z')
    const { catalogue, queue, ctx } = planning
    await tick(catalogue, queue, daily, ctx)
    await planning.work()
    const scheduler = createScheduler(catalogue, queue)
    await scheduler.tick(daily, ctx)
    const refuse = () => {
      throw new Error('nobody should have asked')
    }
    Object.assign(catalogue.marks, { list: refuse, get: refuse })
    Object.assign(catalogue.runs, { list: refuse })
    planning.set('2026-06-01T12:00:59Z')
    expect(await scheduler.tick(daily, ctx)).toEqual({
      enqueued: [],
      held: [],
      nextAt: new Date('2026-06-02T00:00:00Z'),
    })
  })
})
