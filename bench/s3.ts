/**
 * `node bench/s3.ts [--restic <program>] [--runs 3] [--scale 0.5] [--only small,sql,random] [--directory <dir>]`: the
 * steps of the main benchmark with repositories on S3: a Ceph gateway on this machine, started for each kind of data.
 * Both programs run with their defaults, caches included. Needs root and the packages of Ceph.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startCephServer } from '@holdfast/storage/s3/testing/ceph-server'
import { describeMachine } from './machine.ts'
import { runScenario, type StepResult } from './run-scenario.ts'
import { type Scenario, scenarios, type Step } from './scenario.ts'
import { renderTable } from './table.ts'
import { holdfastTool, resticTool } from './tool.ts'

/** Room for the slowest step, and the end of one that hangs. */
const timeLimitMs = 300_000

const { values } = parseArgs({
  options: {
    restic: { type: 'string', default: 'restic' },
    runs: { type: 'string', default: '3' },
    scale: { type: 'string', default: '0.5' },
    only: { type: 'string', default: 'small,sql,random' },
    directory: { type: 'string', default: '/dev/shm' },
  },
})

const directory = join(values.directory, `holdfast-bench-s3-${process.pid}`)
mkdirSync(directory)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
await main()

async function main(): Promise<void> {
  const names = values.only.split(',')
  const results: StepResult[] = []
  for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
    results.push(...(await runOnCeph(atLeastAsFast(scenario))))
  }
  const table = renderTable(results, Number(values.runs))
  process.stdout.write(`${describeMachine()}; scale ${values.scale}.\n\n${table}\n`)
}

/** The server takes part of the machine too, so no more is promised than to be at least as fast. */
function atLeastAsFast(scenario: Scenario): Scenario {
  const steps = Object.keys(scenario.bars) as Step[]
  return { ...scenario, bars: Object.fromEntries(steps.map((step) => [step, 1])) }
}

async function runOnCeph(scenario: Scenario): Promise<readonly StepResult[]> {
  await using server = await startCephServer(directory)
  const cache = (name: string) => join(directory, `cache-${name}`)
  return await runScenario(scenario, {
    tools: [resticTool(values.restic, undefined, cache('restic')), holdfastTool(undefined, cache('holdfast'))],
    directory,
    repository: `s3:${server.endpoint}/bench`,
    runs: Number(values.runs),
    scale: Number(values.scale),
    environment: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      TMPDIR: directory,
      RESTIC_PASSWORD: 'benchmark',
      HOLDFAST_PASSWORD: 'benchmark',
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    },
    timeLimitMs,
    report: (line) => process.stderr.write(`${line}\n`),
  })
}
