/**
 * `node bench/api.ts [--sources 1000] [--runs 100000] [--rate 50] [--seconds 20]`: how long GET /api/v1/sources takes
 * when it is asked for so often, and what memory the server takes, idle and under that load. Requests are sent at their
 * time whether or not those before are answered, and count from that time. Bars: p95 ≤ 100 ms, idle ≤ 150 MB.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { fillCatalogue } from '@holdfast/orchestrator/catalogue/testing/fill-catalogue'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'

const launcher = fileURLToPath(new URL('../apps/cli/bin/holdfast.js', import.meta.url))
const settleMs = 20_000
const repositories = ['local', 'offsite']
/** nothing is due while it is measured */
const never = '0 3 29 2 *'

const { values } = parseArgs({
  options: {
    sources: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
  },
})
const sources = Array.from({ length: Number(values.sources) }, (_, index) => `source-${String(index).padStart(4, '0')}`)
const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-api-'))

async function prepare(): Promise<string> {
  const catalogue = { type: 'sqlite', path: join(directory, 'catalogue.db') } as const
  await using opened = await openCatalogue(catalogue, quietContext())
  await fillCatalogue(opened, {
    ...{ sources, repositories, runs: Number(values.runs) },
    ...{ snapshotsPerSource: 30, proofsPerSource: 30, samplesPerSource: 50, now: new Date() },
  })
  await using queue = await openRunQueue(opened, quietContext())
  for (const { id } of await opened.runs.list({ states: ['queued'] })) await queue.cancel(id)
  const path = join(directory, 'holdfast.yaml')
  const place = (name: string) => ({
    location: join(directory, name),
    password: { env: 'HOLDFAST_PASSWORD' },
    prune: { schedule: never },
    check: { schedule: never },
  })
  const source = (name: string) => ({ type: 'files', paths: [`/srv/${name}`], tier: 'measured' })
  const config = {
    catalogue,
    repositories: Object.fromEntries(repositories.map((name) => [name, place(name)])),
    tiers: { measured: { rto: '4h', backup: never, keep: { daily: 7 } } },
    sources: Object.fromEntries(sources.map((name) => [name, source(name)])),
    server: { listen: '127.0.0.1:0', discovery: 'off' },
  }
  // JSON is YAML too
  writeFileSync(path, JSON.stringify(config))
  return path
}

async function serve(config: string): Promise<{ readonly child: ChildProcess; readonly address: string }> {
  const env = { PATH: process.env['PATH'], HOME: directory, HOLDFAST_PASSWORD: 'benchmark' }
  const child = spawn(process.execPath, [launcher, 'serve', '--config', config], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  process.once('exit', () => child.kill('SIGKILL'))
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  while (!/on http:\/\/[\d.:]+/.test(said)) {
    if (child.exitCode !== null) throw new Error(said)
    await delay(50)
  }
  return { child, address: /on (http:\/\/[\d.:]+)/.exec(said)?.[1] ?? '' }
}

function residentMib(child: ChildProcess): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1024
}

/** Of the processor, since it was started; ticks of 10 ms. */
function processorMs(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Times from when each request was to be sent to when its answer was there, in ms. */
async function load(address: string, child: ChildProcess) {
  const count = Number(values.rate) * Number(values.seconds)
  const everyMs = 1000 / Number(values.rate)
  let mostMib = 0
  let bytes = 0
  const workedBefore = processorMs(child)
  const beganAt = performance.now()
  const times = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const dueAt = beganAt + index * everyMs
      await delay(Math.max(0, dueAt - performance.now()))
      const answer = await fetch(`${address}/api/v1/sources`)
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
      bytes = (await answer.arrayBuffer()).byteLength
      mostMib = Math.max(mostMib, residentMib(child))
      return performance.now() - dueAt
    }),
  )
  const workedMs = (processorMs(child) - workedBefore) / count
  return { times: times.toSorted((a, b) => a - b), mostMib, bytes, workedMs }
}

try {
  const { child, address } = await serve(await prepare())
  await delay(settleMs)
  const idleMib = residentMib(child)
  const { times, mostMib, bytes, workedMs } = await load(address, child)
  const at = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1)
  await delay(settleMs)
  process.stdout.write(
    `GET /api/v1/sources, ${sources.length} sources, ${(bytes / 1024).toFixed(0)} KiB, ${values.rate} requests/s for ${values.seconds} s\n` +
      `ms: p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, most ${at(1)}; of the processor for each ${workedMs.toFixed(1)}\n` +
      `MiB resident: idle ${idleMib.toFixed(0)}, under load ${mostMib.toFixed(0)}, ${settleMs / 1000} s after ${residentMib(child).toFixed(0)}\n`,
  )
  child.kill('SIGTERM')
  await once(child, 'exit')
} finally {
  rmSync(directory, { recursive: true, force: true })
}
