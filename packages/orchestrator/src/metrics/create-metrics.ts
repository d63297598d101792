import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CronClock } from '../planning/cron-clock.ts'
import type { Facts } from '../planning/facts.ts'
import { endStates, operations, type Run } from '../run/run.ts'
import { measureFacts } from './measure-facts.ts'
import { type Measurement, measured, timestampOf } from './measurement.ts'
import { counters, type GaugeKey, gauges, histograms, type MetricDefinition } from './metric-definition.ts'

export interface Metrics {
  /** of what `render` returns, for the header */
  readonly contentType: string
  /** to be called when a run that this process did has ended */
  observeRun(run: Run): void
  /** to be called after a tick of the scheduler that succeeded */
  observeTick(at: Date): void
  /** all metrics in Prometheus' text format: states from these facts, counts of this process */
  render(facts: Facts, clock: CronClock): Promise<string>
  /** names of all metrics of Holdfast */
  readonly names: readonly string[]
}

export interface MetricsOptions {
  readonly version: string
  /** memory, processor time, event loop of this process as well: the names that prom-client gives them */
  readonly withProcess: boolean
}

/** The metrics of one process. Counters begin at zero with it, as Prometheus expects. */
export function createMetrics({ version, withProcess }: MetricsOptions): Metrics {
  const registry = new Registry()
  if (withProcess) collectDefaultMetrics({ register: registry })
  const gaugeOf = mapValues(gauges, (definition) => new Gauge(settingsOf(definition, registry)))
  const counterOf = mapValues(counters, (definition) => new Counter(settingsOf(definition, registry)))
  const { buckets, ...duration } = histograms.runDuration
  const runDuration = new Histogram({ ...settingsOf(duration, registry), buckets: [...buckets] })
  // A counter that is not there yet has no rate; these are few.
  for (const operation of operations) for (const state of endStates) counterOf.runs.inc({ operation, state }, 0)
  for (const operation of operations) runDuration.zero({ operation })
  let lastTick: Date | undefined

  const set = ({ gauge, labels, value }: Measurement) => gaugeOf[gauge].set(labels, value)
  return {
    contentType: registry.contentType,
    names: [...Object.values(gauges), ...Object.values(counters), ...Object.values(histograms)].map(({ name }) => name),
    observeTick: (at) => {
      lastTick = at
    },
    observeRun: ({ operation, state, source, repository, startedAt, endedAt, result = {} }) => {
      counterOf.runs.inc({ operation, state })
      if (startedAt !== undefined && endedAt !== undefined) {
        runDuration.observe({ operation }, Math.max(0, endedAt.getTime() - startedAt.getTime()) / 1000)
      }
      if (operation === 'backup' && source !== undefined) {
        counterOf.backupRead.inc({ source }, result.bytesRead ?? 0)
        counterOf.backupAdded.inc({ source }, result.bytesAdded ?? 0)
        counterOf.backupStored.inc({ source }, result.bytesStored ?? 0)
      }
      if (operation === 'check' && repository !== undefined) {
        counterOf.checkedBytes.inc({ repository }, result.bytesChecked ?? 0)
      }
      if (operation === 'prune' && repository !== undefined) {
        counterOf.freedBytes.inc({ repository }, result.bytesFreed ?? 0)
      }
    },
    render: (facts, clock) => {
      // What is no longer there must not be told for ever.
      for (const gauge of Object.values(gaugeOf)) gauge.reset()
      for (const measurement of measured('buildInfo', { version }, 1)) set(measurement)
      for (const measurement of measured('lastTick', {}, timestampOf(lastTick))) set(measurement)
      for (const measurement of measureFacts(facts, clock)) set(measurement)
      // A gauge without labels would be 0 after its reset, which is a statement.
      if (lastTick === undefined) gaugeOf.lastTick.remove()
      return registry.metrics()
    },
  }
}

function settingsOf({ name, help, labels }: MetricDefinition, registry: Registry) {
  return { name, help, labelNames: [...labels], registers: [registry] }
}

function mapValues<Value>(
  definitions: typeof gauges,
  make: (definition: MetricDefinition) => Value,
): Readonly<Record<GaugeKey, Value>>
function mapValues<Value>(
  definitions: typeof counters,
  make: (definition: MetricDefinition) => Value,
): Readonly<Record<keyof typeof counters, Value>>
function mapValues<Value>(
  definitions: Readonly<Record<string, MetricDefinition>>,
  make: (definition: MetricDefinition) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(definitions).map(([key, definition]) => [key, make(definition)]))
}
