import { describe, expect, it } from 'vitest'
import { randomInstant } from './random-instant.ts'

const range = (from: string, until: string) => ({
  from: `2026-11-20T${from}.000500Z`,
  until: `2026-11-20T${until}.000500Z`,
  fromLsn: '0/0',
  untilLsn: '0/0',
  bases: [],
})
const ranges = [range('10:00:00', '10:00:10'), range('12:00:00', '12:00:30')]

describe('randomInstant', () => {
  it('takes longer ranges more often, and never an instant between them', () => {
    const instants = Array.from({ length: 400 }, (_, i) => randomInstant(ranges, () => i / 400) ?? '')
    expect(instants.filter((at) => at < '2026-11-20T11')).toHaveLength(100)
    expect(instants.every((at) => ranges.some(({ from, until }) => at >= from && at <= until))).toBe(true)
  })

  it('has none where nothing is covered', () => {
    expect(randomInstant([], () => 0.5)).toBeUndefined()
  })

  it('takes the only instant of a range that is one', () => {
    expect(randomInstant([range('10:00:00', '10:00:00')], () => 0.5)).toBe('2026-11-20T10:00:00.000500Z')
  })
})
