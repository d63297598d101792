import { processorMs } from '@holdfast/core/testing/processor-time'
import { assert, constantFrom, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCronClock } from './cron-clock.ts'
import { newestDueFire, nextFire } from './next-fire.ts'

const clock = createCronClock()
const at = (text: string) => Date.parse(text)

function timing(id: string, cron: string, jitterMs = 0) {
  return { id, settings: { cron, timeZone: 'Europe/Berlin', jitterMs }, blackouts: [] }
}

describe('a fire', () => {
  test('is put off by the same part of the jitter every time, by another for another schedule', () => {
    const delays = Array.from({ length: 50 }, (_, n) => {
      const schedule = timing(`backup/source-${n}`, '0 2 * * *', 600_000)
      const first = nextFire(schedule, at('2026-01-01T12:00:00Z'), clock)
      const second = nextFire(schedule, first?.nominalMs ?? 0, clock)
      const delay = (first?.atMs ?? 0) - (first?.nominalMs ?? 0)
      expect((second?.atMs ?? 0) - (second?.nominalMs ?? 0)).toBe(delay)
      expect(first?.nominalMs).toBe(at('2026-01-02T01:00:00Z'))
      return delay
    })
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...delays)).toBeLessThan(600_000)
    expect(new Set(delays).size).toBeGreaterThan(40)
  })

  test('is due with its jitter, not before', () => {
    const schedule = timing('backup/shop', '0 2 * * *', 600_000)
    const fire = nextFire(schedule, at('2026-01-01T12:00:00Z'), clock)
    const due = (nowMs: number) => newestDueFire(schedule, at('2026-01-01T12:00:00Z'), nowMs, clock)
    expect(due((fire?.atMs ?? 0) - 1)).toBeUndefined()
    expect(due(fire?.atMs ?? 0)).toEqual(fire)
  })

  test('that is the newest of many due ones is found quickly after years', () => {
    const minutely = timing('backup/shop', '* * * * *')
    const began = processorMs()
    const due = newestDueFire(minutely, at('2020-01-01T00:00:00Z'), at('2026-06-01T12:00:30Z'), clock)
    expect(due?.nominalMs).toBe(at('2026-06-01T12:00:00Z'))
    expect(processorMs() - began).toBeLessThan(1000)
    const yearly = timing('backup/shop', '0 0 1 1 *')
    const oneYear = newestDueFire(yearly, at('2020-06-01T00:00:00Z'), at('2026-06-01T00:00:00Z'), clock)
    expect(oneYear?.nominalMs).toBe(at('2025-12-31T23:00:00Z'))
  })

  test('that is the newest due one is the last that walking through them finds', () => {
    const crons = constantFrom('0 */6 * * *', '30 2 * * *', '15 2 * * 0', '*/15 * * * *', '0 1-3 28-31 3,10 *')
    assert(
      property(
        crons,
        integer({ min: 0, max: 500 }),
        integer({ min: 0, max: 5000 }),
        (cron, fromHours, lengthMinutes) => {
          const schedule = timing('backup/shop', cron, 300_000)
          const afterMs = at('2026-03-20T00:00:00Z') + fromHours * 3_600_000
          const nowMs = afterMs + lengthMinutes * 60_000
          let walked: number | undefined
          let fire = nextFire(schedule, afterMs, clock)
          while (fire !== undefined && fire.atMs <= nowMs) {
            walked = fire.nominalMs
            fire = nextFire(schedule, fire.nominalMs, clock)
          }
          expect(newestDueFire(schedule, afterMs, nowMs, clock)?.nominalMs).toBe(walked)
        },
      ),
      { numRuns: 40 },
    )
  })
})
