/**
 * `node bench/mysql.ts [--runs 3] [--rows 1000000] [--only dump,files] [--directory <directory>] [--write]`: Holdfast beside the
 * scripts that people run, on one MariaDB server in turn: dumps, by one program and by several at once, beside `mariadb-dump | gzip` and,
 * where it is installed, mydumper with as many threads; files beside `mariadb-backup --stream | zstd`, as it is written and
 * with a thread for each processor. Then 5 % of the rows change, and what a second backup stores is measured.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type MariadbServer, startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { describeMachine } from './machine.ts'
import { type Measurement, measureProcess } from './measure-process.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'dump,files' },
    directory: { type: 'string', default: '/dev/shm' },
    write: { type: 'boolean', default: false },
  },
})
const [runs, rows] = [Number(values.runs), Number(values.rows)]
const directory = join(values.directory, `holdfast-bench-mysql-${process.pid}`)
mkdirSync(directory)
chmodSync(directory, 0o755)
process.once('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: directory,
  HOLDFAST_PASSWORD: 'benchmark',
  LC_ALL: 'C.UTF-8',
}
const threads = availableParallelism()

interface Contender {
  readonly name: string
  readonly kind: 'dump' | 'files'
  reset(): Promise<void>
  readonly command: readonly string[]
}

/** Writes to the files what was changed: else pages of the first load would be among those that a second backup finds changed. */
const settling = ['FLUSH TABLES bench.account FOR EXPORT', 'UNLOCK TABLES']

await main()

async function main(): Promise<void> {
  await using server = await startMariadb({ arguments: ['--innodb-buffer-pool-size=1G'] })
  await fill(server)
  const [[size = '0', version = ''] = []] = await server.sql(
    'SELECT SUM(data_length + index_length), VERSION() FROM information_schema.tables',
  )
  const kinds = values.only.split(',')
  const contenders = [...dumpers(server), ...copiers(server)].filter(({ kind }) => kinds.includes(kind))
  const seconds = new Map<string, number[]>()
  const processors = new Map<string, number[]>()
  const peaks = new Map<string, number>()
  for (let round = 0; round < runs; round++) {
    for (const contender of contenders) {
      await contender.reset()
      const measured = await measureProcess(contender.command, environment)
      note(contender.name, measured)
      seconds.set(contender.name, [...(seconds.get(contender.name) ?? []), measured.seconds])
      processors.set(contender.name, [...(processors.get(contender.name) ?? []), measured.cpuSeconds])
      peaks.set(contender.name, Math.max(peaks.get(contender.name) ?? 0, measured.peakBytes))
    }
  }
  const second = await measureSecond(server, contenders)
  const lines = contenders.map(({ name, kind }) => {
    const own = median(seconds.get(name) ?? [])
    const rival = contenders.find((one) => one.kind === kind && !one.name.startsWith('Holdfast'))?.name ?? ''
    const ratio = (median(seconds.get(rival) ?? []) / own).toFixed(2)
    const figures = [own.toFixed(2), ratio, median(processors.get(name) ?? []).toFixed(1)]
    const peak = Math.round((peaks.get(name) ?? 0) / 1e6)
    return `| ${[kind, name.replaceAll('|', '\\|'), ...figures, peak, second.get(name) ?? ''].join(' | ')} |`
  })
  const report = [
    `${describeMachine()}.`,
    `MariaDB ${version}, ${Math.round(Number(size) / 1e6)} MB in ${rows} rows; medians of ${runs} runs.`,
    '',
    '| backup | program | s | times as fast as the script | s of processors | MB | stored by a second one, 5 % of the rows changed |',
    '|---|---|---:|---:|---:|---:|---:|',
    ...lines,
  ].join('\n')
  process.stdout.write(`\n${report}\n`)
  if (values.write) writeIntoPage(report)
}

async function fill(server: MariadbServer): Promise<void> {
  await server.sql([
    'CREATE DATABASE bench',
    'CREATE TABLE bench.account (id int PRIMARY KEY, balance int, owner varchar(64), note varchar(200), KEY (owner))',
    `INSERT INTO bench.account SELECT seq, 0, MD5(seq), CONCAT(SHA2(seq, 256), ' ', REPEAT('note ', seq % 20)) FROM bench.seq_1_to_${rows}`,
    // else its size is not known yet
    'ANALYZE TABLE bench.account',
    ...settling,
  ])
}

function dumpers(server: MariadbServer): Contender[] {
  const connection = ['--host=127.0.0.1', `--port=${server.port}`, '--user=root']
  const words = [
    '--single-transaction',
    '--quick',
    '--routines',
    '--triggers',
    '--events',
    '--hex-blob',
    '--master-data=2',
  ]
  const dump = ['mariadb-dump', '--no-defaults', ...connection, ...words, '--databases', 'bench'].join(' ')
  const script: Contender = {
    name: 'mariadb-dump | gzip',
    kind: 'dump',
    reset: async () => {},
    command: ['bash', '-c', `set -o pipefail; ${dump} | gzip > ${join(directory, 'dump.gz')}`],
  }
  const target = join(directory, 'mydumper')
  const mydumper = (count: number): Contender => ({
    name: `mydumper, ${count === 1 ? '1 thread' : `${count} threads`}`,
    kind: 'dump',
    reset: async () => rmSync(target, { recursive: true, force: true }),
    command: ['mydumper', ...connection, '--compress', `--threads=${count}`, '--rows=100000', `--outputdir=${target}`],
  })
  const others = existsSync('/usr/bin/mydumper') ? [script, mydumper(1), mydumper(threads)] : [script]
  const parallel = holdfast(server, 'dump', `, ${threads} at once`, ['--parallel-dumps', String(threads)])
  return [holdfast(server, 'dump'), parallel, ...others]
}

function copiers(server: MariadbServer): Contender[] {
  const connection = [`--socket=${server.socket}`, '--user=root', `--datadir=${server.dataDirectory}`]
  const copy = [
    'mariadb-backup',
    '--no-defaults',
    '--backup',
    '--stream=xbstream',
    ...connection,
    `--target-dir=${directory}`,
  ]
  const script = (zstd: string): Contender => ({
    name: `mariadb-backup --stream | ${zstd}`,
    kind: 'files',
    reset: async () => {},
    command: [
      'bash',
      '-c',
      `set -o pipefail; ${copy.join(' ')} 2> /dev/null | ${zstd} -q -f -o ${join(directory, 'copy.zst')}`,
    ],
  })
  return [holdfast(server, 'files'), script('zstd'), script(`zstd -T${threads}`)]
}

function holdfast(
  server: MariadbServer,
  kind: Contender['kind'],
  how = '',
  options: readonly string[] = [],
): Contender {
  const name = `Holdfast, ${kind}${how}`
  const repository = join(directory, name.replaceAll(/\W+/g, '-'))
  const program = [
    process.execPath,
    join(import.meta.dirname, '../apps/cli/bin/holdfast.js'),
    '--repo',
    repository,
    '--no-cache',
  ]
  const method = kind === 'files' ? ['--method', 'direct'] : ['--database', 'bench']
  return {
    name,
    kind,
    async reset() {
      rmSync(repository, { recursive: true, force: true })
      await measureProcess([...program, 'init'], environment)
    },
    command: [
      ...program,
      '--json',
      'backup',
      server.url(),
      '--source',
      'bench',
      '--host',
      'bench',
      ...method,
      ...options,
    ],
  }
}

/** How much of the first one's size a second backup adds, after 5 % of the rows were updated: one stretch of them. */
async function measureSecond(
  server: MariadbServer,
  contenders: readonly Contender[],
): Promise<ReadonlyMap<string, string>> {
  const share = Math.floor(rows / 20)
  await server.sql([`UPDATE bench.account SET balance = balance + 1 WHERE id BETWEEN 1 AND ${share}`, ...settling])
  const shares = new Map<string, string>()
  for (const { name, command } of contenders.filter((one) => one.name.startsWith('Holdfast'))) {
    const measured = await measureProcess(command, environment)
    note(`${name}, second`, measured)
    const summary = measured.output.split('\n').find((line) => line.includes('"message_type":"summary"')) ?? '{}'
    // boundary: the documented JSON of the command
    const { data_added = 0, total_bytes_processed = 1 } = JSON.parse(summary) as Record<string, number>
    shares.set(name, `${((100 * data_added) / total_bytes_processed).toFixed(1)} % in ${measured.seconds.toFixed(2)} s`)
  }
  return shares
}

function note(name: string, { seconds, cpuSeconds, peakBytes, clean }: Measurement): void {
  const disturbed = clean ? '' : ' (disturbed)'
  process.stderr.write(
    `${name}: ${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(1)} s of processors, ${Math.round(peakBytes / 1e6)} MB${disturbed}\n`,
  )
}

function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((one, other) => one - other)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

function writeIntoPage(report: string): void {
  const page = join(import.meta.dirname, '../docs/benchmarks.md')
  const [beginning, end] = [
    '<!-- written by node bench/mysql.ts --write -->',
    '<!-- end of what bench/mysql.ts wrote -->',
  ]
  const text = readFileSync(page, 'utf8')
  const [from, to] = [text.indexOf(beginning), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page} has lost the marks between which the table goes`)
  writeFileSync(page, `${text.slice(0, from)}${beginning}\n\n${report}\n\n${text.slice(to)}`)
}
