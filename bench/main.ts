/** `npm run bench`: Holdfast and restic on the same data, side by side. `--help` shows the options. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine } from './machine.ts'
import { measureProcess } from './measure-process.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { type Bench, runScenario, type StepResult } from './run-scenario.ts'
import { scenarios } from './scenario.ts'
import { renderTable } from './table.ts'
import { holdfastTool, resticTool } from './tool.ts'

const page = join(import.meta.dirname, '../docs/benchmarks.md')
const beginning = '<!-- written by npm run bench -- --write -->'
const end = '<!-- end of the written part -->'

async function main(options: BenchOptions): Promise<void> {
  const bench = prepare(options)
  const versions: string[] = []
  for (const tool of bench.tools) {
    const { output } = await measureProcess(tool.version(), bench.environment)
    versions.push(
      output
        .trim()
        .split('\n')[0]
        ?.replace(/ (?:compiled|on) .*/, '') ?? tool.name,
    )
  }
  const results: StepResult[] = []
  for (const scenario of scenarios.filter(({ name }) => options.only.includes(name))) {
    results.push(...(await runScenario(scenario, bench)))
  }
  const report = renderReport(options, versions, results)
  process.stdout.write(`\n${report}\n`)
  if (options.write) writeIntoPage(report)
}

function prepare(options: BenchOptions): Bench {
  mkdirSync(options.directory, { recursive: true })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  process.once('exit', () => rmSync(options.directory, { recursive: true, force: true, maxRetries: 5 }))
  const passwords = { RESTIC_PASSWORD: 'benchmark', HOLDFAST_PASSWORD: 'benchmark' }
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return {
    tools: [resticTool(options.restic, options.workers), holdfastTool(options.workers)],
    directory: options.directory,
    repository: options.repository,
    runs: options.runs,
    scale: options.scale,
    environment: { ...Object.fromEntries(inherited), ...passwords },
    report: (line) => process.stderr.write(`${line}\n`),
  }
}

function renderReport(options: BenchOptions, versions: readonly string[], results: readonly StepResult[]): string {
  const notes = [
    `${versions.join(' against ')}; medians of ${options.runs} runs`,
    options.scale === 1 ? undefined : `data scaled by ${options.scale}`,
    options.workers === undefined ? undefined : `${options.workers} processors for both`,
    options.repository === undefined ? undefined : `repositories at ${options.repository.replace(/:.*/, '')}`,
  ]
  const stars = results.some(({ samples }) =>
    Object.values(samples).some((list) => list.filter((sample) => sample.clean).length < options.runs),
  )
  return [
    `${describeMachine()}.`,
    `${notes.filter((note) => note !== undefined).join('; ')}.`,
    '',
    renderTable(results, options.runs),
    ...(stars
      ? ['', '\\* Other processes took part of the machine in too many runs; the median is of all of them.']
      : []),
  ].join('\n')
}

function writeIntoPage(report: string): void {
  const text = readFileSync(page, 'utf8')
  const from = text.indexOf(beginning)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`${page} has lost the marks between which the table goes`)
  writeFileSync(page, `${text.slice(0, from)}${beginning}\n\n${report}\n\n${text.slice(to)}`)
}

const parameters = process.argv.slice(2)
if (parameters.includes('--help')) process.stdout.write(`${usage}\n`)
else await main(parseOptions(parameters))
