import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { compareTrees } from '../apps/cli/src/quickstart/compare-trees.ts'
import { type Measurement, measureProcess } from './measure-process.ts'
import type { Scenario, Step } from './scenario.ts'
import type { Tool } from './tool.ts'

/** All measurements of one step of one scenario. */
export interface StepResult {
  readonly scenario: Scenario
  readonly step: Step
  readonly samples: Record<Tool['name'], Measurement[]>
}

export interface Bench {
  readonly tools: readonly [restic: Tool, holdfast: Tool]
  readonly directory: string
  /** undefined: below `directory` */
  readonly repository: string | undefined
  readonly runs: number
  readonly scale: number
  readonly environment: Readonly<Record<string, string>>
  /** a program that takes longer ends the benchmark */
  readonly timeLimitMs?: number
  report(line: string): void
}

/**
 * Generates the data once, then lets both programs work on it in turn, each time into a new repository, until every
 * step has enough clean runs (or twice as many in all). The first round also proves that the work was done right.
 */
export async function runScenario(scenario: Scenario, bench: Bench): Promise<readonly StepResult[]> {
  const data = join(bench.directory, scenario.name)
  mkdirSync(data, { recursive: true })
  bench.report(`${scenario.name}: writing ${scenario.data}${bench.scale === 1 ? '' : ` × ${bench.scale}`}`)
  await scenario.generate(data, bench.scale)
  const steps = Object.keys(scenario.bars) as Step[]
  const results = steps.map((step): StepResult => ({ scenario, step, samples: { restic: [], holdfast: [] } }))
  for (let round = 0; round < bench.runs * 2 && !hasEnough(results, bench.runs); round++) {
    const tools = round % 2 === 0 ? bench.tools : bench.tools.toReversed()
    for (const tool of tools) await runOnce(tool, round, data, results, bench)
  }
  rmSync(data, { recursive: true })
  return results
}

function hasEnough(results: readonly StepResult[], runs: number): boolean {
  return results.every(({ samples }) =>
    Object.values(samples).every((list) => list.filter((sample) => sample.clean).length >= runs),
  )
}

async function runOnce(
  tool: Tool,
  round: number,
  data: string,
  results: readonly StepResult[],
  bench: Bench,
): Promise<void> {
  const name = `${tool.name}-${results[0]?.scenario.name}-${round}`
  const repository = bench.repository === undefined ? join(bench.directory, name) : `${bench.repository}/${name}`
  const target = join(bench.directory, `${name}-restored`)
  const run = (command: readonly string[]): Promise<Measurement> =>
    measureProcess(command, bench.environment, bench.timeLimitMs)
  await run(tool.init(repository))
  if (!results.some(({ step }) => step === 'first backup')) await run(tool.backup(repository, data))
  for (const { step, samples } of results) {
    const sample = await run(commandOf(step, tool, repository, data, target))
    samples[tool.name].push(sample)
    const figures = `${sample.seconds.toFixed(2)} s, ${Math.round(sample.peakBytes / 1e6)} MB`
    bench.report(`  ${tool.name} ${step}: ${figures}${sample.clean ? '' : ' (disturbed by other processes)'}`)
    if (step === 'restore') {
      if (round === 0) refuseDifferences(data, join(target, data))
      rmSync(target, { recursive: true })
    }
  }
  if (round === 0 && tool.name === 'holdfast') {
    await run(bench.tools[0].check(repository))
    bench.report("  restic finds no error in Holdfast's repository")
  }
  if (bench.repository === undefined) rmSync(repository, { recursive: true })
}

/** So that a fast restore that is wrong cannot enter a table. */
function refuseDifferences(original: string, copy: string): void {
  const { differences } = compareTrees(original, copy)
  if (differences.length > 0) throw new Error(`the restored data differs:\n${differences.join('\n')}`)
}

function commandOf(step: Step, tool: Tool, repository: string, data: string, target: string): readonly string[] {
  switch (step) {
    case 'first backup':
    case 'unchanged backup':
      return tool.backup(repository, data)
    case 'restore':
      return tool.restore(repository, target)
    case 'check, all data':
      return tool.check(repository)
    case 'snapshots':
      return tool.snapshots(repository)
  }
}
