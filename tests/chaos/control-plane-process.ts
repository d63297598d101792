/** A server in small: schedules, leases and executes, until it is stopped with SIGTERM, or killed. */
import { appendFileSync, existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { createScheduler } from '@holdfast/orchestrator/planning/scheduler'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import { runWorker } from '@holdfast/orchestrator/run/run-worker'
import {
  begunFile,
  chaosConfig,
  type ChaosOrders,
  journalLine,
  leaseMs,
  scheduleEnd,
  simulated,
  tickLine,
} from './control-plane-site.ts'

// boundary: the test wrote it
const orders = JSON.parse(process.argv[2] ?? '') as ChaosOrders
const { worker, connection, via, journal, clock } = orders
const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())
const ctx = quietContext({ signal: stopping.signal })
const fast = quietContext({ signal: stopping.signal, now: () => new Date(simulated(clock, Date.now())) })
const config = chaosConfig()

await using catalogue = await openCatalogue({ type: 'postgresql', connection }, ctx)
await using queue = await openRunQueue(catalogue, ctx, { via })
appendFileSync(begunFile(journal), `${process.pid}\n`)

async function schedule(): Promise<void> {
  const scheduler = createScheduler(catalogue, queue)
  while (!existsSync(scheduleEnd(journal)) && !stopping.signal.aborted) {
    const startMs = Date.now()
    try {
      const { held } = await scheduler.tick(config, fast)
      appendFileSync(`${journal}.ticks`, tickLine({ startMs, endMs: Date.now(), held }))
    } catch (error) {
      if (!isAppError(error) || !error.retryable) throw error
    }
    await pause(100)
  }
}

const scheduling = schedule()
await runWorker(
  {
    queue,
    worker: `${worker}:${process.pid}`,
    limits: () => new Map([[`host/${config.host}`, 4]]),
    capacity: () => 3,
    leaseMs,
    pollMs: 50,
    graceMs: 1_000,
    async execute(run, { signal }) {
      appendFileSync(journal, journalLine('start', run.id, run.source ?? ''))
      try {
        await pause(100 + Math.random() * 600, undefined, { signal })
      } finally {
        appendFileSync(journal, journalLine('end', run.id, run.source ?? ''))
      }
      return { state: 'succeeded', result: {} }
    },
  },
  ctx,
)
await scheduling
