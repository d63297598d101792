import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defaultSegmentBytes,
  formatLsn,
  historyFileName,
  isSegmentSize,
  parseLsn,
  parseWalFileName,
  segmentName,
  segmentNumber,
  segmentStart,
} from './lsn.ts'

describe('LSN', () => {
  it('is read and written as the server prints it', () => {
    expect(parseLsn('0/2000028')).toBe(0x2000028n)
    expect(parseLsn('16/B374D848')).toBe(0x16_b374d848n)
    expect(formatLsn(0x16_b374d848n)).toBe('16/B374D848')
    expect(parseLsn('FFFFFFFF/FFFFFFFF')).toBe((1n << 64n) - 1n)
  })

  it.each(['', '0', '/1', '0/', '0/123456789', 'G/1', '0/1 ', ' 0/1', '0/1/2', '-1/1'])('refuses %j', (text) => {
    expect(parseLsn(text)).toBeUndefined()
  })

  it('survives being written and read', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (lsn) => parseLsn(formatLsn(lsn)) === lsn))
  })
})

describe('names of WAL files', () => {
  it('count segments in two parts whose size depends on the size of segments', () => {
    expect(segmentName(1, segmentNumber(0x2_ff00_0000n, 16 << 20), 16 << 20)).toBe('0000000100000002000000FF')
    expect(segmentName(1, segmentNumber(0x3_0000_0000n, 16 << 20), 16 << 20)).toBe('000000010000000300000000')
    expect(segmentName(10, segmentNumber(0x2_fff0_0000n, 1 << 20), 1 << 20)).toBe('0000000A0000000200000FFF')
    expect(segmentName(1, segmentNumber(0x2_c000_0000n, 1 << 30), 1 << 30)).toBe('000000010000000200000003')
  })

  it('are read back for every size', () => {
    const sizes = fc.integer({ min: 20, max: 30 }).map((power) => 2 ** power)
    const timelines = fc.integer({ min: 1, max: 0xffff_ffff })
    fc.assert(
      fc.property(sizes, timelines, fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (size, timeline, lsn) => {
        const number = segmentNumber(lsn, size)
        expect(parseWalFileName(segmentName(timeline, number, size), size)).toEqual({
          kind: 'segment',
          timeline,
          number,
        })
        expect(segmentStart(number, size) <= lsn).toBe(true)
      }),
    )
  })

  it('tell partial segments, histories and backup labels apart', () => {
    expect(parseWalFileName('0000000200000000000000A3.partial', defaultSegmentBytes)).toEqual({
      kind: 'partial',
      timeline: 2,
      number: 0xa3n,
    })
    expect(parseWalFileName('0000000200000000000000A3.00000028.backup', defaultSegmentBytes)).toEqual({
      kind: 'backup',
      timeline: 2,
      number: 0xa3n,
    })
    expect(parseWalFileName('0000000B.history', defaultSegmentBytes)).toEqual({ kind: 'history', timeline: 11 })
    expect(historyFileName(11)).toBe('0000000B.history')
  })

  it.each([
    '../0000000200000000000000A3',
    '0000000200000000000000A3/',
    '0000000200000000000000a3',
    '000000000000000000000001',
    '00000000.history',
    '000000020000000000000100',
    '0000000200000000000000A3.partial.partial',
    '0000000200000000000000A3\n',
    'RECOVERYXLOG',
    '',
  ])('are refused when they are none: %j', (name) => {
    expect(parseWalFileName(name, defaultSegmentBytes)).toBeUndefined()
  })

  it('know which sizes a segment can have', () => {
    expect([1 << 20, 16 << 20, 1 << 30].every(isSegmentSize)).toBe(true)
    expect([0, 1 << 19, 3 << 20, 2 ** 31, 1.5, Number.NaN].some(isSegmentSize)).toBe(false)
  })
})
