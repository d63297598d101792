import { describe, expect, test } from 'vitest'
import { type PruneOptions, unusedBytesAtMost, validatePruneOptions } from './prune-options.ts'

describe('the limit of unused data', () => {
  test('in percent is a share of what remains, used and unused', () => {
    expect(unusedBytesAtMost({ percent: 5 }, 950)).toBeCloseTo(50)
    expect(unusedBytesAtMost({ percent: 0 }, 950)).toBe(0)
    expect(unusedBytesAtMost({ percent: 100 }, 950)).toBe(Infinity)
  })

  test('can be a size, or none at all', () => {
    expect(unusedBytesAtMost({ bytes: 7 }, 950)).toBe(7)
    expect(unusedBytesAtMost('unlimited', 950)).toBe(Infinity)
  })
})

describe('options of a prune', () => {
  const valid: PruneOptions = { maxUnused: { percent: 5 } }
  const refused: readonly [string, PruneOptions][] = [
    ['more than 100 %', { maxUnused: { percent: 101 } }],
    ['a negative limit', { maxUnused: { bytes: -1 } }],
    ['no number', { maxUnused: { percent: Number.NaN } }],
    ['a negative size', { ...valid, maxRepackBytes: -1 }],
    ['small packs larger than new ones', { ...valid, repackSmallerThanBytes: 17 << 20 }],
    ['compressing where the format cannot', { ...valid, repackUncompressed: true }],
  ]
  test.each(refused)('refuse %s', (_what, options) => {
    expect(() => validatePruneOptions(options, 1, 16 << 20)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })

  test('are accepted when they make sense', () => {
    const all: PruneOptions = { ...valid, maxRepackBytes: 0, repackUncompressed: true, repackSmallerThanBytes: 1 }
    expect(() => validatePruneOptions(all, 2, 16 << 20)).not.toThrow()
  })
})
