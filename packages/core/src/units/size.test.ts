import { describe, expect, test } from 'vitest'
import { formatSize, parseSizeBytes } from './size.ts'

describe('a size', () => {
  test.each([
    ['0', 0],
    ['512', 512],
    ['512b', 512],
    ['10K', 10_240],
    ['10k', 10_240],
    ['10KiB', 10_240],
    ['16M', 16_777_216],
    ['16mib', 16_777_216],
    ['1G', 1_073_741_824],
    ['2TiB', 2_199_023_255_552],
  ])('%s is %d bytes', (text, expected) => {
    expect(parseSizeBytes(text, '--pack-size')).toBe(expected)
  })

  test.each(['', '-1', '1.5G', 'M', '10X', '10KB', '10 M', '9007199254740993'])(
    '%j is refused, naming option and value',
    (text) => {
      expect(() => parseSizeBytes(text, '--pack-size')).toThrow(
        expect.objectContaining({
          code: 'ARGUMENT_INVALID',
          details: expect.objectContaining({ name: '--pack-size', value: JSON.stringify(text) }),
        }),
      )
    },
  )

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.000 KiB'],
    [1_048_575, '1023.999 KiB'],
    [1_073_741_823, '1.000 GiB'],
    [1_325_000_000, '1.234 GiB'],
    [1_152_921_504_606_846_976, '1024.000 PiB'],
  ])('of %d bytes is shown as %s', (sizeBytes, expected) => {
    expect(formatSize(sizeBytes)).toBe(expected)
  })
})
