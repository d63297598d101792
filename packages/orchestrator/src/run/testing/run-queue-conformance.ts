/** What every queue of runs does alike, on whichever store and whoever delivers. */
import { afterEach, describe, expect, test } from 'vitest'
import { type CataloguePlace, openCatalogue, type OpenedCatalogue } from '../../catalogue/open-catalogue.ts'
import { createTestClock, type TestClock } from '../../catalogue/testing/test-clock.ts'
import { openRunQueue, type RunQueueOptions } from '../open-run-queue.ts'
import type { LeaseOptions, RunQueue } from '../run-queue.ts'
import type { Run, RunDraft } from '../run.ts'
import { describeAskedOnce } from './asked-once-conformance.ts'
import { draftRun } from './run-draft-fixture.ts'

const leaseMs = 60_000
const minuteMs = 60_000

interface Site {
  readonly catalogue: OpenedCatalogue
  readonly queue: RunQueue
  readonly clock: TestClock
  add(change?: Partial<RunDraft>): Promise<Run>
  /** One attempt; `worker` is "w" when it is not said. */
  lease(worker?: string, options?: Partial<LeaseOptions>): Promise<Run | undefined>
  /** Until there is nothing to lease. */
  leaseAll(options?: Partial<LeaseOptions>): Promise<Run[]>
}

export function describeRunQueue(
  name: string,
  place: () => Promise<CataloguePlace>,
  via: NonNullable<RunQueueOptions['via']>,
): void {
  const opened: AsyncDisposable[] = []
  const open = async (): Promise<Site> => {
    // pg-boss has a clock of its own, so that this one must not be ahead of it
    const clock = createTestClock(new Date(Date.now() - 86_400_000).toISOString())
    const catalogue = await openCatalogue(await place(), clock.ctx)
    const queue = await openRunQueue(catalogue, clock.ctx, { via })
    opened.push(queue, catalogue)
    return siteOf(catalogue, queue, clock)
  }
  afterEach(async () => {
    for (const each of opened.splice(0)) await each[Symbol.asyncDispose]()
  })

  describe(name, () => {
    describeOrder(open)
    describeKeys(open)
    describeLeases(open)
    describeEnds(open)
    describeCancelling(open)
    describeAskedOnce(open)
  })
}

type Open = () => Promise<Site>

function siteOf(catalogue: OpenedCatalogue, queue: RunQueue, clock: TestClock): Site {
  const lease: Site['lease'] = (worker = 'w', options) =>
    queue.lease(worker, { leaseMs, limits: new Map(), ...options })
  return {
    ...{ catalogue, queue, clock, lease },
    async add(change) {
      const run = await queue.enqueue(draftRun(change))
      if (run === undefined) throw new Error('the unique key was taken')
      return run
    },
    async leaseAll(options) {
      const leased: Run[] = []
      for (let run = await lease('w', options); run !== undefined; run = await lease('w', options)) leased.push(run)
      return leased
    },
  }
}

const sources = (runs: readonly Run[]): (string | undefined)[] => runs.map(({ source }) => source)

function describeOrder(open: Open): void {
  test('runs are leased by priority, then by when they were due', async () => {
    const { add, leaseAll, clock } = await open()
    const due = (minutesAgo: number): Date => new Date(clock.now().getTime() - minutesAgo * minuteMs)
    await add({ source: 'late', dueAt: due(1) })
    await add({ source: 'early', dueAt: due(2) })
    await add({ source: 'urgent', dueAt: due(0), priority: 5 })
    expect(sources(await leaseAll())).toEqual(['urgent', 'early', 'late'])
  })

  test('a run is not leased before it is due', async () => {
    const { add, lease, clock } = await open()
    await add({ dueAt: new Date(clock.now().getTime() + minuteMs) })
    expect(await lease()).toBeUndefined()
  })

  test('a unique key is taken for ever, also by a run that has ended', async () => {
    const { add, lease, queue } = await open()
    const run = await add({ uniqueKey: 'backup/shop/02:00' })
    const again = draftRun({ uniqueKey: 'backup/shop/02:00', source: 'other' })
    expect(await queue.enqueue(again)).toBeUndefined()
    await lease()
    await queue.finish(run.id, 'w', { state: 'succeeded' })
    expect(await queue.enqueue(again)).toBeUndefined()
  })

  test('of many who enqueue the same unique key at once one succeeds', async () => {
    const { queue, catalogue } = await open()
    const draft = draftRun({ uniqueKey: 'backup/shop/02:00' })
    const runs = await Promise.all(Array.from({ length: 8 }, () => queue.enqueue(draft)))
    expect(runs.filter((run) => run !== undefined)).toHaveLength(1)
    expect(await catalogue.runs.list({})).toHaveLength(1)
  })

  test('whoever knows that there is something leases it without being told of it', async () => {
    const { add, lease } = await open()
    await add({ source: 'a' })
    await add({ source: 'b' })
    const options = { isKnownDue: true, accepts: ({ source }: Run) => source === 'b' }
    expect((await lease('knowing', options))?.source).toBe('b')
    expect(await lease('knowing', options)).toBeUndefined()
    expect((await lease('other'))?.source).toBe('a')
  })

  test('a process leases only what it accepts, and the rest is left for others', async () => {
    const { add, lease } = await open()
    await add({ source: 'far', priority: 9 })
    await add({ source: 'near' })
    const accepts = ({ source }: Run): boolean => source === 'near'
    expect((await lease('picky', { accepts }))?.source).toBe('near')
    expect(await lease('picky', { accepts })).toBeUndefined()
    await expect.poll(async () => (await lease('other'))?.source, { timeout: 10_000 }).toBe('far')
  })
}

function describeKeys(open: Open): void {
  test('of runs with the same exclusive key one runs at a time, and the next when it has ended', async () => {
    const { add, lease, queue } = await open()
    const first = await add()
    const second = await add()
    expect((await lease())?.id).toBe(first.id)
    expect(await lease()).toBeUndefined()
    await queue.finish(first.id, 'w', { state: 'failed' })
    expect((await lease())?.id).toBe(second.id)
  })

  test('no more runs with a limit key run at once than its limit', async () => {
    const { add, leaseAll, queue } = await open()
    for (const source of ['a', 'b', 'c', 'd', 'e']) await add({ source })
    const limits = new Map([['host/web', 2]])
    const [first, second, ...more] = await leaseAll({ limits })
    expect([first?.source, second?.source, more.length]).toEqual(['a', 'b', 0])
    await queue.finish(first?.id ?? '', 'w', { state: 'succeeded' })
    expect(sources(await leaseAll({ limits }))).toEqual(['c'])
  })

  test('a run that may not begin does not hold up those behind it', async () => {
    const { add, leaseAll } = await open()
    for (let count = 0; count < 3; count++) await add({ source: 'shop', priority: 5 })
    await add({ source: 'blog' })
    expect(sources(await leaseAll())).toEqual(['shop', 'blog'])
  })

  test('a repository that is pruned is written to by nobody, and the prune waits for who writes', async () => {
    const { add, leaseAll, queue } = await open()
    const prune = { operation: 'prune', exclusiveKeys: ['repository/main'], limitKeys: ['repository/main'] } as const
    const backup = await add({ limitKeys: ['repository/main'] })
    const pruning = await add({ ...prune, priority: -1 })
    expect((await leaseAll()).map(({ id }) => id)).toEqual([backup.id])
    await queue.finish(backup.id, 'w', { state: 'succeeded' })
    expect((await leaseAll()).map(({ id }) => id)).toEqual([pruning.id])
    const next = await add({ source: 'blog', limitKeys: ['repository/main'] })
    expect(await leaseAll()).toEqual([])
    await queue.finish(pruning.id, 'w', { state: 'succeeded' })
    expect((await leaseAll()).map(({ id }) => id)).toEqual([next.id])
  })

  test('a run that has waited for long is given way, but not one that this process does not accept', async () => {
    const { add, lease, leaseAll, clock } = await open()
    const prune = { operation: 'prune', exclusiveKeys: ['repository/main'], limitKeys: ['repository/main'] } as const
    const uses = { limitKeys: ['repository/main'], dueAt: clock.now() }
    await add({ ...prune, dueAt: new Date(clock.now().getTime() - 16 * minuteMs) })
    await add({ source: 'a', ...uses })
    const accepts = ({ operation }: Run): boolean => operation !== 'prune'
    expect((await lease('w', { accepts }))?.source).toBe('a')
    await add({ source: 'b', ...uses })
    await add({ source: 'elsewhere', limitKeys: ['repository/other'], dueAt: clock.now() })
    expect(sources(await leaseAll())).toEqual(['elsewhere'])
  })

  test('of many who lease at once each gets another run, and no exclusive key is held twice', async () => {
    const { add, lease, catalogue } = await open()
    for (let count = 0; count < 12; count++) await add({ source: `s${count % 6}` })
    const leased = await Promise.all(Array.from({ length: 12 }, (_, index) => lease(`w${index}`)))
    const runs = leased.filter((run) => run !== undefined)
    const running = await catalogue.runs.list({ states: ['running'] })
    expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length)
    expect(new Set(sources(running)).size).toBe(running.length)
    expect(running.length).toBe(runs.length)
  })
}

function describeLeases(open: Open): void {
  test('a leased run says who has it, until when, and how often it was begun', async () => {
    const { add, lease, clock, catalogue } = await open()
    const { id } = await add()
    const run = await lease('web-1:17')
    expect(run).toMatchObject({ id, state: 'running', attempt: 1, leasedBy: 'web-1:17', startedAt: clock.now() })
    expect(run?.leasedUntil?.getTime()).toBe(clock.now().getTime() + leaseMs)
    expect(await catalogue.runs.get(id)).toEqual(run)
  })

  test('a heartbeat keeps the lease, and tells who has lost it', async () => {
    const { add, lease, clock, queue } = await open()
    const { id } = await add()
    await lease('w')
    clock.advance(leaseMs - 1000)
    expect(await queue.heartbeat(id, 'w', leaseMs)).toEqual({ isLost: false, isCancelRequested: false })
    clock.advance(leaseMs - 1000)
    expect(await queue.expire()).toEqual([])
    expect(await queue.heartbeat(id, 'another', leaseMs)).toMatchObject({ isLost: true })
    clock.advance(2000)
    await queue.expire()
    expect(await queue.heartbeat(id, 'w', leaseMs)).toMatchObject({ isLost: true })
  })

  test('a run whose process died is queued again while attempts are left, then it is lost', async () => {
    const { add, lease, clock, queue } = await open()
    const { id } = await add({ attempts: 2 })
    for (const attempt of [1, 2]) {
      expect(await lease('dead')).toMatchObject({ id, attempt })
      clock.advance(leaseMs + 1)
      const [expired] = await queue.expire()
      expect(expired).toMatchObject({ id, state: attempt === 1 ? 'queued' : 'lost', error: { code: 'RUN_LOST' } })
      if (attempt === 2) expect(expired?.endedAt).toEqual(clock.now())
    }
    expect(await lease()).toBeUndefined()
    expect(await queue.expire()).toEqual([])
  })

  test('what a process reports of a run it has lost does not count', async () => {
    const { add, lease, clock, queue, catalogue } = await open()
    const { id } = await add()
    await lease('slow')
    clock.advance(leaseMs + 1)
    await queue.expire()
    expect(await lease('next')).toMatchObject({ id, attempt: 2 })
    expect(await queue.finish(id, 'slow', { state: 'succeeded' })).toBe(false)
    expect(await queue.release(id, 'slow')).toBe(false)
    expect(await catalogue.runs.get(id)).toMatchObject({ state: 'running', leasedBy: 'next' })
  })

  test('a run that is handed back is leased again at once, as if it had not been begun', async () => {
    const { add, lease, queue } = await open()
    const { id } = await add({ attempts: 1 })
    await lease('leaving')
    expect(await queue.release(id, 'leaving')).toBe(true)
    expect(await lease('next')).toMatchObject({ id, attempt: 1, leasedBy: 'next' })
  })

  test('an expired lease gives its keys back', async () => {
    const { add, lease, clock, queue } = await open()
    await add({ attempts: 1 })
    const waiting = await add()
    await lease('dead')
    clock.advance(leaseMs + 1)
    await queue.expire()
    expect((await lease('next'))?.id).toBe(waiting.id)
  })
}

function describeEnds(open: Open): void {
  test('a run ends once, with what came of it', async () => {
    const { add, lease, clock, queue, catalogue } = await open()
    const { id } = await add()
    await lease()
    clock.advance(5000)
    const result = { snapshots: { main: 'abc' }, bytesRead: 5, problems: ['one file'] }
    expect(await queue.finish(id, 'w', { state: 'partial', result })).toBe(true)
    expect(await queue.finish(id, 'w', { state: 'failed' })).toBe(false)
    const run = await catalogue.runs.get(id)
    expect(run).toMatchObject({ state: 'partial', result, endedAt: clock.now(), attempt: 1 })
    expect(run?.leasedUntil).toBeUndefined()
  })

  test('a failure that may pass is tried again when it is said, until no attempts are left', async () => {
    const { add, lease, clock, queue, catalogue } = await open()
    const { id } = await add({ attempts: 2 })
    const error = { code: 'STORAGE_UNREACHABLE', message: 'gone', hint: 'wait' }
    const outcome = { state: 'failed', error } as const
    await lease()
    const retryAt = new Date(clock.now().getTime() + 5 * minuteMs)
    await queue.finish(id, 'w', { ...outcome, retryAt })
    expect(await catalogue.runs.get(id)).toMatchObject({ state: 'queued', attempt: 1, dueAt: retryAt, error })
    expect(await lease()).toBeUndefined()
    clock.advance(5 * minuteMs)
    // as every process does now and then
    await queue.expire()
    expect(await lease()).toMatchObject({ id, attempt: 2 })
    await queue.finish(id, 'w', { ...outcome, retryAt: clock.now() })
    expect(await catalogue.runs.get(id)).toMatchObject({ state: 'failed', attempt: 2, error })
  })
}

function describeCancelling(open: Open): void {
  test('a queued run that is cancelled ends at once and is never leased', async () => {
    const { add, lease, queue, catalogue } = await open()
    const { id } = await add()
    expect(await queue.cancel(id)).toBe(true)
    expect(await catalogue.runs.get(id)).toMatchObject({ state: 'cancelled', attempt: 0 })
    expect(await lease()).toBeUndefined()
    expect(await queue.cancel(id)).toBe(false)
    expect(await queue.cancel('unknown')).toBe(false)
  })

  test('a running run is told by its heartbeat, and is not tried again', async () => {
    const { add, lease, clock, queue, catalogue } = await open()
    const { id } = await add()
    await lease()
    expect(await queue.cancel(id)).toBe(true)
    expect(await queue.heartbeat(id, 'w', leaseMs)).toEqual({ isLost: false, isCancelRequested: true })
    await queue.finish(id, 'w', { state: 'failed', retryAt: clock.now() })
    expect(await catalogue.runs.get(id)).toMatchObject({ state: 'cancelled' })
  })

  test('a cancelled run whose process died is cancelled, not tried again', async () => {
    const { add, lease, clock, queue } = await open()
    const { id } = await add()
    await lease('dead')
    await queue.cancel(id)
    clock.advance(leaseMs + 1)
    expect(await queue.expire()).toMatchObject([{ id, state: 'cancelled' }])
  })

  test('a cancelled run that is handed back is cancelled', async () => {
    const { add, lease, queue, catalogue } = await open()
    const { id } = await add()
    await lease()
    await queue.cancel(id)
    await queue.release(id, 'w')
    expect(await catalogue.runs.get(id)).toMatchObject({ state: 'cancelled' })
  })
}
