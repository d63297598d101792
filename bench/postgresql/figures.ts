/** What was measured, in the form that is kept in a file between calls. */
export interface Figures {
  server: string
  /** of the cluster */
  bytes: number
  readonly samples: { readonly step: StepName; readonly name: string; readonly sample: Sample }[]
}

interface Sample {
  readonly seconds: number
  readonly peakBytes: number
  readonly cpuSeconds?: number
  /** of WAL */
  readonly bytes?: number
}

const steps = {
  first: { title: 'first backup', bar: 1 },
  contiguous: { title: 'second backup, 5 % of the rows changed, in one stretch', bar: 2 },
  random: { title: 'second backup, 5 % of the rows changed, everywhere', bar: undefined },
  restore: { title: 'restore', bar: 1 },
  wal: { title: 'following WAL that had piled up', bar: undefined },
} as const

export type StepName = keyof typeof steps

/** Least rate of following, and most memory of Holdfast. */
const walBarMBPerSecond = 150
const memoryBarMB = 400
const reference = 'pgBackRest'
const subject = 'Holdfast, direct'

/** A Markdown table: medians, and how many times as fast as pgBackRest each is. */
export function renderFigures({ server, bytes, samples }: Figures, runs: number): string {
  const rows: string[] = []
  for (const step of Object.keys(steps) as StepName[]) {
    const own = samples.filter((each) => each.step === step)
    const names = [...new Set(own.map(({ name }) => name))].sort()
    const secondsOf = (name: string): number =>
      median(own.filter((each) => each.name === name).map(({ sample }) => sample.seconds))
    for (const name of names) {
      const list = own.filter((each) => each.name === name).map(({ sample }) => sample)
      const seconds = secondsOf(name)
      const peakMB = Math.round(median(list.map(({ peakBytes }) => peakBytes)) / 1e6)
      const over = name.startsWith('Holdfast') && peakMB > memoryBarMB ? ` (over ${memoryBarMB})` : ''
      const comparison = step === 'wal' ? walCell(list) : ratioCell(step, name, secondsOf(reference) / seconds)
      rows.push(`| ${steps[step].title} | ${name} | ${seconds.toFixed(2)} | ${comparison} | ${peakMB}${over} |`)
    }
  }
  return [
    `${server}, a cluster of ${(bytes / 1e9).toFixed(1)} GB with data checksums; medians of ${runs === 1 ? '1 run' : `${runs} runs`}.`,
    '',
    '| work | program | s | times as fast as pgBackRest | MB |',
    '|---|---|---:|---:|---:|',
    ...rows,
  ].join('\n')
}

function ratioCell(step: StepName, name: string, ratio: number): string {
  if (name === reference) return '1'
  const { bar } = steps[step]
  // Rounded first, so that a ratio that prints as the bar counts as reaching it.
  const missed = name === subject && bar !== undefined && Number(ratio.toFixed(2)) < bar
  return name === subject ? `**${ratio.toFixed(2)}**${missed ? ` (bar ${bar}: missed)` : ''}` : ratio.toFixed(2)
}

function walCell(samples: readonly Sample[]): string {
  const rate = median(samples.map(({ bytes = 0, seconds }) => bytes / 1e6 / seconds))
  return `**${Math.round(rate)} MB/s**${rate < walBarMBPerSecond ? ` (bar ${walBarMBPerSecond}: missed)` : ''}`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
