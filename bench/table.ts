import type { Measurement } from './measure-process.ts'
import type { StepResult } from './run-scenario.ts'

/** Peak resident memory that Holdfast must stay below, in MB. */
const memoryBarMB = 350

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** A Markdown table: medians, ratio restic ÷ Holdfast, the bar and whether it is reached. */
export function renderTable(results: readonly StepResult[], runs: number): string {
  const header = [
    '| data | work | restic s | Holdfast s | ratio | bar | restic MB | Holdfast MB |',
    '|---|---|---:|---:|---:|---:|---:|---:|',
  ]
  return [...header, ...results.map((result) => renderRow(result, runs))].join('\n')
}

function renderRow({ scenario, step, samples }: StepResult, runs: number): string {
  const restic = summarize(samples.restic, runs)
  const holdfast = summarize(samples.holdfast, runs)
  const ratio = restic.seconds / holdfast.seconds
  const bar = scenario.bars[step] ?? 1
  // Rounded first, so that a ratio that prints as the bar counts as reaching it.
  const reached = Number(ratio.toFixed(2)) >= bar
  const memory = `${holdfast.peakMB}${holdfast.peakMB > memoryBarMB ? ` (over ${memoryBarMB})` : ''}`
  const cells = [
    scenario.data,
    step,
    restic.seconds.toFixed(2) + restic.mark,
    holdfast.seconds.toFixed(2) + holdfast.mark,
    `**${ratio.toFixed(2)}**`,
    `${bar}${reached ? '' : ' (missed)'}`,
    restic.peakMB,
    memory,
  ]
  return `| ${cells.join(' | ')} |`
}

/** Of the clean samples; when there are too few, of all, marked by a star. */
function summarize(samples: readonly Measurement[], runs: number): { seconds: number; peakMB: number; mark: string } {
  const clean = samples.filter((sample) => sample.clean)
  const used = clean.length >= runs ? clean : samples
  return {
    seconds: median(used.map((sample) => sample.seconds)),
    peakMB: Math.round(median(used.map((sample) => sample.peakBytes)) / 1e6),
    mark: used === clean ? '' : '*',
  }
}
