/**
 * `node bench/catalogue.ts [--sources 1000] [--runs 100000] [--rounds 20]`: what the control plane asks of its catalogue,
 * with so much in it, on SQLite and on PostgreSQL. Bars: a tick of the scheduler ≤ 50 ms, what `status` reads ≤ 300 ms.
 */
import { parseArgs } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { type CataloguePlace, openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { fillCatalogue } from '@holdfast/orchestrator/catalogue/testing/fill-catalogue'
import { openTestPlaces } from '@holdfast/orchestrator/catalogue/testing/test-places'
import { createCronClock } from '@holdfast/orchestrator/planning/cron-clock'
import { readFacts } from '@holdfast/orchestrator/planning/facts'
import { measureObjectives } from '@holdfast/orchestrator/planning/objectives'
import { createScheduler } from '@holdfast/orchestrator/planning/scheduler'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import { readStatusFacts } from '@holdfast/orchestrator/status/status-facts'

const ctx = quietContext()
const sourceName = (index: number): string => `source-${String(index).padStart(4, '0')}`

function configOf(sources: number): EffectiveConfig {
  const location = (name: string) => ({ location: `/srv/${name}`, password: { env: 'HOLDFAST_PASSWORD' } })
  const source = { type: 'files', paths: ['/srv/data'], repositories: ['local', 'offsite'] }
  return effectiveConfigOf({
    repositories: { local: location('local'), offsite: location('offsite') },
    sources: Object.fromEntries(Array.from({ length: sources }, (_, index) => [sourceName(index), source])),
  })
}

async function measure(what: string, rounds: number, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    await work()
    times.push(performance.now() - startedMs)
  }
  times.sort((a, b) => a - b)
  const figures = [times[0], times[Math.floor(times.length / 2)], times.at(-1)].map((ms = 0) =>
    ms.toFixed(1).padStart(8),
  )
  process.stdout.write(`  ${what.padEnd(34)}${figures.join('')}\n`)
}

async function bench(name: string, place: CataloguePlace, size: { sources: number; runs: number }, rounds: number) {
  await using catalogue = await openCatalogue(place, ctx)
  const config = configOf(size.sources)
  const now = new Date()
  const startedMs = performance.now()
  await fillCatalogue(catalogue, {
    ...{ sources: [...config.sources.keys()], repositories: ['local', 'offsite'], runs: size.runs },
    ...{ snapshotsPerSource: 30, proofsPerSource: 30, samplesPerSource: 50, now },
  })
  // what a server of long life has done by itself
  if (catalogue.store.kind === 'postgresql')
    await places.server?.sql('VACUUM ANALYZE', new URL(catalogue.store.connection ?? '').pathname.slice(1))
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  process.stdout.write(`\n${name}, filled in ${seconds} s; ms: least, median, most of ${rounds}\n`)
  await using queue = await openRunQueue(catalogue, ctx)
  const once = createScheduler(catalogue, queue)
  process.stdout.write('  first tick ever, everything is due:\n')
  await measure('', 1, () => once.tick(config, ctx))
  await measure('tick, nothing known yet', rounds, () => createScheduler(catalogue, queue).tick(config, ctx))
  await measure('tick', rounds, () => once.tick(config, ctx))
  await measure('newest runs', rounds, () => catalogue.runs.newest())
  await measure('active runs', rounds, () => catalogue.runs.list({ states: ['queued', 'running'] }))
  await measure('overview of snapshots', rounds, () => catalogue.snapshots.overview())
  await measure('newest proofs', rounds, () => catalogue.proofs.newest())
  await measure('slowest proofs', rounds, () => catalogue.proofs.slowest(new Date(now.getTime() - 90 * 86_400_000)))
  await measure('newest samples', rounds, () => catalogue.samples.newest())
  await measure('marks', rounds, () => catalogue.marks.list(''))
  await measure('all facts', rounds, () => readFacts(catalogue, config, now))
  const facts = await readFacts(catalogue, config, now)
  await measure('facts for status', rounds, () => readStatusFacts(catalogue, config, now))
  await measure('objectives of all sources', rounds, async () => measureObjectives(facts, createCronClock()))
  await measure('opened, read, measured (status)', rounds, async () => {
    await using again = await openCatalogue(place, ctx)
    measureObjectives(await readStatusFacts(again, config, now), createCronClock())
  })
  await measureQueue(queue, rounds)
}

/** Of a thousand runs that are due at once. */
async function measureQueue(queue: RunQueue, rounds: number): Promise<void> {
  const limits = (most: number) => new Map([['host/bench', most]])
  const lease = (most: number) => queue.lease('bench', { leaseMs: 60_000, limits: limits(most) })
  let made = 0
  await measure('enqueue', 1000, () => {
    const source = `bench-${++made}`
    const keys = { uniqueKey: source, exclusiveKeys: [`source/${source}`], limitKeys: ['host/bench'] }
    const rest = { dueAt: new Date(), priority: 9, timeoutMs: 60_000, attempts: 1, arguments: {} }
    return queue.enqueue({ operation: 'backup', source, cause: { type: 'manual', by: 'bench' }, ...keys, ...rest })
  })
  await measure('lease and finish', rounds, async () => {
    const run = await lease(1)
    if (run === undefined) throw new Error('there was nothing to lease')
    await queue.finish(run.id, 'bench', { state: 'succeeded' })
  })
  await lease(1)
  await measure('lease, all that wait are blocked', rounds, () => lease(1))
}

const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '20' },
  },
})
const size = { sources: Number(values.sources), runs: Number(values.runs) }
await using places = await openTestPlaces({ withServer: true })
process.stdout.write(`${size.sources} sources, ${size.runs} runs\n`)
await bench('SQLite', places.sqlite(), size, Number(values.rounds))
await bench('PostgreSQL', { ...(await places.postgres()), clock: 'server' }, size, Number(values.rounds))
