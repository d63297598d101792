import { counters, gauges, histograms, type MetricDefinition } from './metric-definition.ts'

/** docs/reference/metrics.md, from the definitions of the metrics. */
export function renderMetricsReference(): string {
  return `${[
    '# Metrics',
    'Written by `npm run reference` from the definitions of the metrics; do not edit. `holdfast serve` gives them at `/metrics` in the text format of Prometheus; [alert rules](../../deploy/prometheus/holdfast-rules.yaml) and a [dashboard](../../deploy/grafana/holdfast.json) come with it.',
    'Times are Unix timestamps or spans in seconds, sizes are bytes, ratios go from 0 to 1. Labels hold names of the configuration and words of fixed lists only. What is not known, or not promised, is absent. Of several servers on one catalogue each gives the same states, and counts what it did itself: take `max` of the former, `sum` of the latter.',
    '## States',
    table(Object.values(gauges)),
    '## Counters',
    table(Object.values(counters)),
    '## Histograms',
    table(Object.values(histograms)),
    `Buckets: ${histograms.runDuration.buckets.join(', ')} seconds.`,
    '## The process',
    'Memory, processor time, open files and the event loop are told under the names that the Node client of Prometheus gives them (`process_…`, `nodejs_…`).',
  ].join('\n\n')}\n`
}

/** Padded, as the formatter leaves it. */
function table(definitions: readonly MetricDefinition[]): string {
  const rows = [
    ['name', 'labels', 'meaning'],
    ...definitions.map(({ name, labels, help }) => [
      `\`${name}\``,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]),
  ]
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), rule, ...body.map(line)].join('\n')
}
