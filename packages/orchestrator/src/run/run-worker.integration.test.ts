import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Context, quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openCatalogue, type OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import { openRunQueue } from './open-run-queue.ts'
import type { RunQueue } from './run-queue.ts'
import { runWorker, type WorkerOptions } from './run-worker.ts'
import type { Run, RunDraft } from './run.ts'
import { draftRun } from './testing/run-draft-fixture.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-worker-'))
const ctx = quietContext()
let catalogue: OpenedCatalogue
let queue: RunQueue
let made = 0

beforeEach(async () => {
  catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, `${++made}.db`) }, ctx)
  queue = await openRunQueue(catalogue, ctx)
})
afterEach(async () => {
  await catalogue[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const done = { state: 'succeeded', result: { bytesRead: 1 } } as const
const forEver = (signal: AbortSignal): Promise<never> =>
  new Promise((_, fail) => {
    signal.addEventListener('abort', () => fail(new AppError('INTERRUPTED', {})), { once: true })
  })

async function add(change: Partial<RunDraft> = {}): Promise<string> {
  const run = await queue.enqueue(draftRun({ source: `s${++made}`, ...change }))
  return run?.id ?? ''
}

function work(change: Partial<WorkerOptions> & Pick<WorkerOptions, 'execute'>, context: Context = ctx): Promise<void> {
  const defaults = { queue, worker: 'w', limits: () => new Map<string, number>(), capacity: () => 2 }
  return runWorker({ ...defaults, until: 'idle', pollMs: 10, leaseMs: 6_000, graceMs: 0, ...change }, context)
}

/** Begins a worker, and ends it with a signal. */
function begin(change: Partial<WorkerOptions> & Pick<WorkerOptions, 'execute'>) {
  const stopping = new AbortController()
  const over = work({ until: 'stopped', ...change }, quietContext({ signal: stopping.signal }))
  return {
    over,
    async stop() {
      stopping.abort()
      await over
    },
  }
}

const stateOf = async (id: string): Promise<Run['state'] | undefined> => (await catalogue.runs.get(id))?.state

test('every run is done, no more at once than there is capacity, and each end is told', async () => {
  const ids = await Promise.all(Array.from({ length: 7 }, () => add()))
  let active = 0
  let most = 0
  const told: string[] = []
  await work({
    async execute() {
      most = Math.max(most, ++active)
      // until there were as many as there may be
      while (most < 2) await pause(5)
      await pause(5)
      active--
      return done
    },
    ended: async (run) => void told.push(run.id),
  })
  expect(most).toBe(2)
  expect(told.toSorted()).toEqual(ids.toSorted())
  expect(await catalogue.runs.get(ids[0] ?? '')).toMatchObject({ state: 'succeeded', attempt: 1, result: done.result })
})

test('limits and capacity are asked for each time', async () => {
  await Promise.all(Array.from({ length: 4 }, () => add()))
  let limit = 1
  let isBeyond = false
  let most = 0
  let active = 0
  await work({
    limits: () => new Map([['host/web', limit]]),
    capacity: () => 9,
    async execute() {
      most = Math.max(most, ++active)
      isBeyond ||= active > limit
      while (limit === 2 && most < 2) await pause(5)
      await pause(20)
      active--
      limit = 2
      return done
    },
  })
  expect([most, isBeyond]).toEqual([2, false])
})

test('a failure that may pass is queued again for later, another ends the run with its error', async () => {
  const passing = await add({ source: 'passing' })
  const final = await add({ source: 'final' })
  const mistake = await add({ source: 'mistake' })
  await work({
    async execute({ source }) {
      if (source === 'passing') throw new AppError('CATALOGUE_BUSY', { catalogue: 'x', seconds: 1 })
      if (source === 'final') throw new AppError('SOURCE_NOT_IN_REPOSITORY', { source: 'a', location: 'b', known: 'c' })
      throw new TypeError('x is undefined')
    },
  })
  const run = await catalogue.runs.get(passing)
  expect(run).toMatchObject({ state: 'queued', attempt: 1, error: { code: 'CATALOGUE_BUSY' } })
  expect((run?.dueAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(10_000)
  expect(await catalogue.runs.get(final)).toMatchObject({
    state: 'failed',
    error: { code: 'SOURCE_NOT_IN_REPOSITORY' },
  })
  const error = { code: 'RUN_UNEXPECTED', message: expect.stringContaining('x is undefined') }
  expect(await catalogue.runs.get(mistake)).toMatchObject({ state: 'failed', error })
})

test('a run that takes longer than its limit is stopped and timed out', async () => {
  const id = await add({ timeoutMs: 50, attempts: 3 })
  await work({ execute: (_, { signal }) => forEver(signal) })
  expect(await catalogue.runs.get(id)).toMatchObject({ state: 'timed-out', error: { code: 'RUN_TIMED_OUT' } })
})

test('a run that is cancelled is stopped', async () => {
  const id = await add()
  await work({
    async execute(_, { signal }) {
      await queue.cancel(id)
      return forEver(signal)
    },
  })
  expect(await stateOf(id)).toBe('cancelled')
})

test('a worker that is stopped lets short runs end and hands long ones back, their attempt uncounted', async () => {
  const short = await add({ source: 'short' })
  const long = await add({ source: 'long', attempts: 1 })
  const begun = Promise.withResolvers<void>()
  let count = 0
  const worker = begin({
    graceMs: 3_000,
    async execute({ source }, { signal }) {
      if (++count === 2) begun.resolve()
      if (source === 'long') return forEver(signal)
      await pause(100)
      return done
    },
  })
  await begun.promise
  await worker.stop()
  expect(await stateOf(short)).toBe('succeeded')
  expect(await catalogue.runs.get(long)).toMatchObject({ state: 'queued', attempt: 0 })
})

test('a worker that is cut off from the catalogue stops before its lease has run out', async () => {
  const id = await add()
  const cutOff: RunQueue = { ...queue, heartbeat: () => new Promise(() => {}) }
  let workedMs = 0
  const worker = begin({
    queue: cutOff,
    async execute(_, { signal }) {
      const startedMs = performance.now()
      await forEver(signal).finally(() => {
        workedMs = performance.now() - startedMs
      })
      return done
    },
  })
  await expect.poll(() => workedMs).toBeGreaterThan(0)
  expect(workedMs).toBeLessThan(6_000)
  expect(await catalogue.runs.get(id)).toMatchObject({ state: 'running', attempt: 1 })
  await worker.stop()
})

test('a run that another has taken meanwhile is stopped, and what came of it does not count', async () => {
  const id = await add()
  const elsewhere: RunQueue = {
    ...queue,
    async heartbeat() {
      return { isLost: true, isCancelRequested: false }
    },
  }
  let ended = 0
  await work({
    queue: elsewhere,
    until: 'idle',
    execute: (_, { signal }) => forEver(signal),
    ended: async () => void ended++,
  })
  expect(ended).toBe(0)
  expect(await stateOf(id)).toBe('running')
})

test('an attempt that was lost is not begun again in this process while it still works', async () => {
  await add({ attempts: 5 })
  let active = 0
  let most = 0
  let attempts = 0
  // It ignores its signal for longer than the lease, and no heartbeat comes through.
  const deaf: RunQueue = { ...queue, heartbeat: () => new Promise(() => {}) }
  const worker = begin({
    queue: deaf,
    leaseMs: 90,
    async execute() {
      most = Math.max(most, ++active)
      attempts++
      await pause(400)
      active--
      return done
    },
  })
  await expect.poll(() => attempts).toBeGreaterThan(1)
  await worker.stop()
  expect(most).toBe(1)
})

test('a catalogue that is away is waited for, before a run and at its end', async () => {
  const id = await add()
  let refusals = 6
  const refuse = (): void => {
    if (refusals-- > 0) throw new AppError('CATALOGUE_UNREACHABLE', { catalogue: 'x', reason: 'gone' })
  }
  const flaky: RunQueue = {
    ...queue,
    lease: async (...given) => (refuse(), queue.lease(...given)),
    finish: async (...given) => (refuse(), queue.finish(...given)),
  }
  const worker = begin({
    queue: flaky,
    leaseMs: 10_000,
    async execute() {
      refusals = 1
      return done
    },
  })
  await expect.poll(() => stateOf(id)).toBe('succeeded')
  await worker.stop()
})

test('a catalogue that cannot be used at all ends the worker', async () => {
  const broken: RunQueue = {
    ...queue,
    async lease() {
      throw new AppError('CATALOGUE_CORRUPT', { catalogue: 'x', reason: 'zeros' })
    },
  }
  await expect(begin({ queue: broken, execute: async () => done }).over).rejects.toMatchObject({
    code: 'CATALOGUE_CORRUPT',
  })
})

test('runs of dead processes are ended by whoever works, and done', async () => {
  const id = await add()
  await queue.lease('dead', { leaseMs: 30, limits: new Map() })
  await pause(40)
  await work({ execute: async () => done })
  expect(await catalogue.runs.get(id)).toMatchObject({ state: 'succeeded', attempt: 2, leasedBy: 'w' })
})
