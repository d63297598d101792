import { describe, expect, it } from 'vitest'
import { historyOf } from '../history.ts'
import { dailySamples, viewOf } from '../testing/view-fixture.ts'
import { detectUnusualSize } from './unusual-size.ts'

const mib = 1024 * 1024
const look = (...sizes: number[]) =>
  detectUnusualSize(
    viewOf(
      {},
      {
        history: historyOf(
          dailySamples(
            'backup-bytes-read',
            'source/shop',
            sizes.map((size) => size * mib),
          ),
        ),
      },
    ),
  ).observations

describe('a backup of unusual size', () => {
  it('is found when it is smaller than half of the median before it', () => {
    const [seen] = look(100, 101, 102, 103, 104, 40)
    expect(seen).toMatchObject({ kind: 'suspiciously-small', severity: 'warning' })
    expect(seen?.title).toBe('the newest backup of shop is 61 % smaller than usual')
    expect(seen?.figures).toEqual({ bytes: 40 * mib, usualBytes: 102 * mib, backups: 5 })
  })

  it('is critical when it is empty', () => {
    expect(look(100, 101, 102, 103, 104, 0)).toMatchObject([{ kind: 'suspiciously-small', severity: 'critical' }])
  })

  it('is found when it is more than double', () => {
    expect(look(100, 101, 102, 103, 104, 210)).toMatchObject([{ kind: 'suspiciously-large', severity: 'warning' }])
  })

  it('is not seen before five backups say what is usual', () => {
    expect(look(100, 100, 100, 100, 1)).toEqual([])
  })

  it('is compared with the median: one great backup of the past changes nothing', () => {
    expect(look(100, 101, 9000, 103, 104, 105)).toEqual([])
    expect(look(100, 101, 9000, 103, 104, 40)).toHaveLength(1)
  })

  it('is usual where sizes always move so much', () => {
    expect(look(100, 30, 120, 25, 110, 28, 130, 20, 105, 40)).toEqual([])
  })

  it('is usual where it is a matter of kilobytes', () => {
    expect(look(0.01, 0.01, 0.01, 0.01, 0.01, 0.03)).toEqual([])
  })

  it('is usual after six that are like it', () => {
    expect(look(...Array.from({ length: 10 }, () => 100), ...Array.from({ length: 7 }, () => 40))).toEqual([])
  })
})
