import { setTimeout as pause } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { keepRun, type KeptRun } from './kept-run.ts'
import { retryDelayMs } from './retry-delay.ts'
import { describeFailure, describeTimeOut } from './run-failure.ts'
import type { LeasedRuns, RunLimits, RunOutcome } from './run-queue.ts'
import type { Run, RunResult } from './run.ts'

/** What came of the work; work that could not be done throws. */
export interface RunExecution {
  readonly state: 'succeeded' | 'partial'
  readonly result: RunResult
}

export interface WorkerOptions {
  readonly queue: LeasedRuns
  /** unique among all processes: "web-1:4711:9f3c" */
  readonly worker: string
  /** Asked before each lease, so that a new configuration holds at once. */
  limits(): RunLimits
  /** how many runs this process does at once; asked as `limits` is */
  capacity(): number
  /** Must stop soon after its signal is aborted. */
  execute(run: Run, ctx: Context): Promise<RunExecution>
  /** which runs this process can do; default all */
  accepts?(run: Run): boolean
  /** Told of each run that ended or is to be tried again, after that is durable. What it throws ends the worker. */
  ended?(run: Run, outcome: RunOutcome): Promise<void>
  /** `idle`: return when nothing is left to lease; default `stopped`: only when the context's signal is aborted */
  readonly until?: 'stopped' | 'idle'
  readonly leaseMs?: number
  readonly pollMs?: number
  /** how long runs may go on when the worker is stopped, before they are stopped and handed back */
  readonly graceMs?: number
}

interface Job {
  readonly run: Run
  readonly kept: KeptRun
  /** settles when all of it is over; never rejects */
  readonly over: Promise<void>
}

/** The dead are looked for so often, however long leases are. */
const longestExpiryMs = 20_000
/** Work that does not stop although it was told to is left behind after this; its lease then runs out. */
const stopPatienceMs = 30_000
/** An end that cannot be written down is tried again so often. */
const writeAgainMs = 2_000

/**
 * Leases runs and does them until the context's signal is aborted, as many at once as there is capacity. Failures that
 * may pass are tried again with growing delays; those of the catalogue itself are waited out. A run is never begun in this
 * process while an earlier attempt of it still works. Fails when the catalogue cannot be used at all (CATALOGUE_…).
 */
export async function runWorker(options: WorkerOptions, ctx: Context): Promise<void> {
  const { queue, until = 'stopped', leaseMs = 180_000, pollMs = 1_000, graceMs = 10_000 } = options
  const jobs = new Map<string, Job>()
  let failure: unknown
  let nextExpiryMs = 0
  const turn = async (): Promise<boolean> => {
    if (performance.now() >= nextExpiryMs) {
      await queue.expire()
      nextExpiryMs = performance.now() + Math.min(leaseMs / 3, longestExpiryMs)
    }
    while (jobs.size < options.capacity() && !ctx.signal.aborted) {
      const accepts = (run: Run): boolean => !jobs.has(run.id) && (options.accepts?.(run) ?? true)
      const run = await queue.lease(options.worker, { leaseMs, limits: options.limits(), accepts })
      if (run === undefined) return false
      const kept = keepRun(queue, run, options.worker, leaseMs, ctx)
      const over = doRun(options, run, kept, ctx)
        .catch((error: unknown) => {
          failure ??= error
        })
        .finally(() => jobs.delete(run.id))
      jobs.set(run.id, { run, kept, over })
    }
    return true
  }
  try {
    while (!ctx.signal.aborted && failure === undefined) {
      const mayHaveMore = await waitOut(turn, ctx)
      if (until === 'idle' && jobs.size === 0 && mayHaveMore === false) break
      await firstOf(
        [...jobs.values()].map(({ over }) => over),
        pollMs,
        ctx.signal,
      )
    }
  } catch (error) {
    failure ??= error
  }
  await stopAll(jobs, graceMs)
  if (failure !== undefined) throw failure
}

/** undefined: the catalogue was away, locked or full, and the next turn may have more luck. */
async function waitOut<T>(work: () => Promise<T>, ctx: Context): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isAppError(error) || !error.retryable) throw error
    ctx.emit({ type: 'message.noted', level: 'warning', message: error.message })
    return undefined
  }
}

async function doRun(options: WorkerOptions, run: Run, kept: KeptRun, ctx: Context): Promise<void> {
  using _kept = kept
  const { queue, worker } = options
  let outcome: RunOutcome | undefined
  try {
    const { state, result } = await options.execute(run, kept.ctx)
    outcome = { state, result }
  } catch (error) {
    outcome = outcomeOf(error, run, kept, ctx)
  }
  const written = async (): Promise<boolean> =>
    outcome === undefined ? queue.release(run.id, worker) : queue.finish(run.id, worker, outcome)
  // The heartbeat goes on meanwhile, so that it is still this worker's when the catalogue is back.
  for (;;) {
    if (kept.reason() === 'lost') return
    const isOurs = await waitOut(written, ctx)
    if (isOurs === true && outcome !== undefined) await options.ended?.(run, outcome)
    if (isOurs !== undefined) return
    await pause(writeAgainMs)
  }
}

/** undefined: handed back. */
function outcomeOf(error: unknown, run: Run, kept: KeptRun, ctx: Context): RunOutcome | undefined {
  switch (kept.reason()) {
    case 'timed-out':
      return { state: 'timed-out', error: describeTimeOut(run, formatDurationMs(run.timeoutMs)) }
    case 'cancelled':
      return { state: 'cancelled' }
    case 'lost':
    case 'stopping':
      return undefined
    case undefined: {
      const delayMs = retryDelayMs(error, run.attempt, Math.random())
      const failed = { state: 'failed', error: describeFailure(error, run) } as const
      return delayMs === undefined ? failed : { ...failed, retryAt: new Date(ctx.now().getTime() + delayMs) }
    }
  }
}

async function stopAll(jobs: ReadonlyMap<string, Job>, graceMs: number): Promise<void> {
  const over = Promise.all([...jobs.values()].map((job) => job.over))
  await firstOf([over], graceMs)
  for (const { kept } of jobs.values()) kept.stop('stopping')
  await firstOf([over], stopPatienceMs)
  // Whoever still works loses its lease, so that another process is not kept waiting for longer than that.
  for (const { kept } of jobs.values()) kept[Symbol.dispose]()
}

/** Resolves when one of them has, after the time, or when the signal is aborted; leaves no timer behind. */
async function firstOf(promises: readonly Promise<unknown>[], ms: number, signal?: AbortSignal): Promise<void> {
  const settled = new AbortController()
  const either = signal === undefined ? settled.signal : AbortSignal.any([signal, settled.signal])
  try {
    await Promise.race([...promises, pause(ms, undefined, { signal: either }).catch(() => {})])
  } finally {
    settled.abort()
  }
}
