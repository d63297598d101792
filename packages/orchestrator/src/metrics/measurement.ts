import type { GaugeKey, gauges } from './metric-definition.ts'

/** One value of one metric. Every label of its definition is given. */
export interface Measurement {
  readonly gauge: GaugeKey
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type LabelsOf<Key extends GaugeKey> = Readonly<Record<(typeof gauges)[Key]['labels'][number], string>>

/** None where the value is not known. */
export function measured<Key extends GaugeKey>(
  gauge: Key,
  labels: LabelsOf<Key>,
  value: number | boolean | undefined,
): Measurement[] {
  if (value === undefined || Number.isNaN(value)) return []
  return [{ gauge, labels, value: Number(value) }]
}

export const secondsOf = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000)
export const timestampOf = (at: Date | undefined): number | undefined => secondsOf(at?.getTime())
