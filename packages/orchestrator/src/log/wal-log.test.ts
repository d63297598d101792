import { describe, expect, test } from 'vitest'
import { segmentFactsOf, walFolder } from './wal-log.ts'

describe('a segment of a cluster with segments of 1 MiB', () => {
  // the 257th: with those of 16 MiB no name has such a third part
  const name = '000000010000000000000100'

  test('lies in a folder as the others do', () => {
    expect(walFolder(name)).toBe('0000000100000000')
    expect(walFolder(`${name}.partial`)).toBe('0000000100000000')
    expect(walFolder('00000002.history')).toBe('')
  })

  test('is known by its facts', () => {
    const facts = {
      startLsn: '0/10000000',
      endLsn: '0/10100000',
      timeline: 1,
      segmentBytes: 1 << 20,
      restorePoints: [],
    }
    expect(segmentFactsOf({ name, facts })).toEqual(facts)
  })
})
