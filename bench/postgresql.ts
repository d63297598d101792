/**
 * `node bench/postgresql.ts [--runs 3] [--scale 300] [--only first,contiguous,random,restore,wal] [--cluster <directory>]
 * [--directory <directory>] [--results <file>] [--write]`: Holdfast, pgBackRest and pg_basebackup on one PostgreSQL
 * cluster in turn. Needs Debian's postgresql-15, postgresql-contrib, pgbackrest and zstd. `--cluster` keeps the cluster,
 * and `--results` the figures, from one call to the next, so that a long benchmark can be made in parts.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureProcess } from './measure-process.ts'
import { type Cluster, openCluster } from './postgresql/cluster.ts'
import {
  type Contender,
  environment,
  freshDirectory,
  holdfast,
  pgBackRest,
  pgBaseBackup,
} from './postgresql/contender.ts'
import { measureFollowing } from './postgresql/follow-rate.ts'
import { type Figures, renderFigures, type StepName } from './postgresql/figures.ts'
import { describeMachine } from './machine.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    scale: { type: 'string', default: '300' },
    only: { type: 'string', default: 'first,contiguous,random,restore,wal' },
    cluster: { type: 'string' },
    directory: { type: 'string', default: '/dev/shm' },
    results: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
const scale = Number(values.scale)
const accounts = scale * 100_000
const directory = join(values.directory, `holdfast-bench-postgresql-${process.pid}`)
mkdirSync(directory)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

const figures = readFigures()
const prepared = new Set<Contender>()
await main()

async function main(): Promise<void> {
  const wanted = values.only.split(',').filter((step) => step !== '')
  if (wanted.length > 0) {
    await using cluster = await openCluster(values.cluster ?? join(directory, 'cluster'), scale)
    figures.server = `PostgreSQL ${cluster.serverVersion}`
    // before it grows by what is changed
    const [size] = await cluster.sql('SELECT sum(pg_database_size(oid)) FROM pg_database')
    if (figures.bytes === 0 || wanted.includes('first')) figures.bytes = Number(size?.[0] ?? 0)
    const processes = availableParallelism()
    const base = pgBaseBackup(cluster, directory, processes)
    const full = pgBackRest(cluster, directory, 'full', processes)
    const [direct, wire] = [holdfast(cluster, directory, 'direct'), holdfast(cluster, directory, 'wire')]
    if (wanted.includes('first')) await measureFirst(cluster, [direct, full, wire, base])
    const increments = pgBackRest(cluster, directory, 'incr', processes)
    for (const kind of ['contiguous', 'random'] as const) {
      if (wanted.includes(kind)) await measureSecond(cluster, [direct, full, wire, increments], kind)
    }
    if (wanted.includes('restore')) await measureRestore(cluster, [direct, full, wire])
    if (wanted.includes('wal')) await measureWal(cluster)
  }
  const report = `${describeMachine()}.\n${renderFigures(figures, runs)}`
  process.stdout.write(`\n${report}\n`)
  if (values.write) writeIntoPage(report)
}

/** Each backup into an empty repository. */
async function measureFirst(cluster: Cluster, contenders: readonly Contender[]): Promise<void> {
  for (let round = 0; round < runs; round++) {
    for (const contender of turned(contenders, round)) {
      await contender.init()
      await settle(cluster)
      await measure('first', contender, contender.backup())
      prepared.add(contender)
    }
  }
}

/** Sees to it that the contender's repository holds a backup of the cluster as it was before the next change. */
async function prepare(contender: Contender): Promise<void> {
  if (prepared.has(contender)) return
  await contender.init()
  await measureProcess(contender.backup(), environment)
  prepared.add(contender)
}

/** A backup of what was backed up before and has changed since. */
async function measureSecond(
  cluster: Cluster,
  contenders: readonly Contender[],
  kind: 'contiguous' | 'random',
): Promise<void> {
  await cluster.sql('VACUUM pgbench_accounts')
  for (const contender of contenders) await prepare(contender)
  for (let round = 0; round < runs; round++) {
    await change(cluster, kind, round)
    for (const contender of turned(contenders, round)) {
      await settle(cluster)
      await measure(kind, contender, contender.backup())
    }
  }
}

/** 5 % of the accounts: those of one stretch, or every twentieth. What was dead before is free to be written over. */
async function change(cluster: Cluster, kind: 'contiguous' | 'random', round: number): Promise<void> {
  const from = 1 + Math.floor((accounts * (round % 10)) / 10)
  const which =
    kind === 'contiguous' ? `aid BETWEEN ${from} AND ${from + accounts / 20 - 1}` : `aid % 20 = ${round % 20}`
  await cluster.sql(`UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE ${which}`)
  await cluster.sql('VACUUM pgbench_accounts')
}

async function measureRestore(cluster: Cluster, contenders: readonly Contender[]): Promise<void> {
  const target = join(directory, 'restored')
  for (const contender of contenders) await prepare(contender)
  for (let round = 0; round < runs; round++) {
    for (const contender of turned(contenders, round)) {
      const command = contender.restore?.(target)
      if (command === undefined) continue
      if (contender.name.startsWith('pg')) freshDirectory(target)
      await settle(cluster)
      await measure('restore', contender, command)
      for (const each of [target, `${target}-wal`]) rmSync(each, { recursive: true, force: true })
    }
  }
}

async function measureWal(cluster: Cluster): Promise<void> {
  for (let round = 0; round < runs; round++) {
    await settle(cluster)
    // after a checkpoint each page's first change is logged whole, as on a busy server
    const rate = await measureFollowing(cluster, directory, () => change(cluster, 'random', round))
    const { seconds, cpuSeconds, peakBytes, walBytes } = rate
    record('wal', 'Holdfast, follow', { seconds, cpuSeconds, peakBytes, bytes: walBytes })
  }
}

/** So that no contender pays for what another or the change has left to write. */
async function settle(cluster: Cluster): Promise<void> {
  await cluster.sql('CHECKPOINT')
}

async function measure(step: StepName, contender: Contender, command: readonly string[]): Promise<void> {
  const { seconds, peakBytes, cpuSeconds, clean } = await measureProcess(command, environment)
  if (!clean) process.stderr.write('(disturbed) ')
  record(step, contender.name, { seconds, peakBytes, cpuSeconds })
}

function record(step: StepName, name: string, sample: Figures['samples'][number]['sample']): void {
  figures.samples.push({ step, name, sample })
  const { seconds, peakBytes, cpuSeconds = 0 } = sample
  const figure = `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(1)} s of processors, ${Math.round(peakBytes / 1e6)} MB`
  process.stderr.write(`${step}: ${name}: ${figure}\n`)
  if (values.results !== undefined) writeFileSync(values.results, JSON.stringify(figures))
}

function turned<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

function readFigures(): Figures {
  if (values.results === undefined || !existsSync(values.results)) return { server: '', bytes: 0, samples: [] }
  // boundary: written by this program
  const kept = JSON.parse(readFileSync(values.results, 'utf8')) as Figures
  const again = new Set(values.only.split(','))
  return { ...kept, samples: kept.samples.filter(({ step }) => !again.has(step)) }
}

function writeIntoPage(report: string): void {
  const page = join(import.meta.dirname, '../docs/benchmarks.md')
  const [beginning, end] = ['<!-- written by node bench/postgresql.ts --write -->', '<!-- end of what it wrote -->']
  const text = readFileSync(page, 'utf8')
  const from = text.indexOf(beginning)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${page} has lost the marks between which the table goes`)
  writeFileSync(page, `${text.slice(0, from)}${beginning}\n\n${report}\n\n${text.slice(to)}`)
}
