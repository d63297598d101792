import { isAppError } from '@holdfast/core/errors/app-error'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSegmentFacts } from './read-segment-facts.ts'
import { transactionEnd, WalWriter } from './testing/wal-writer.ts'
import { WalReader } from './wal-reader.ts'
import type { WalRecord } from './wal-record.ts'

const segmentBytes = 1 << 20
const start = 5n * BigInt(segmentBytes)

type Seen = { record: WalRecord; endLsn: bigint }

function reader(options: Partial<ConstructorParameters<typeof WalReader>[0]> = {}) {
  const seen: Seen[] = []
  const damage: string[] = []
  const one = new WalReader({
    startLsn: start,
    segmentBytes,
    onRecord: (record, endLsn) => seen.push({ record, endLsn }),
    onDamage: (_lsn, reason) => damage.push(reason),
    ...options,
  })
  return { one, seen, damage }
}

/** Random WAL and what is to be found in it. */
function writeWal(sizes: readonly number[]): { writer: WalWriter; expected: Seen[] } {
  const writer = new WalWriter(start)
  const expected: Seen[] = []
  for (const [index, size] of sizes.entries()) {
    const kind = index % 3
    if (kind === 0) {
      writer.write({ manager: 10, info: 0, data: Buffer.alloc(size, 0xff) })
      continue
    }
    const type = kind === 1 ? ('commit' as const) : ('abort' as const)
    const info = kind === 1 ? 0x00 : 0x20
    const xid = index + 3
    const endLsn = writer.write({ manager: 1, info, xid, data: transactionEnd(index * 1_000_000, size % 20_000) })
    expected.push({ record: { type, microseconds: index * 1_000_000, xid, wasPrepared: false }, endLsn })
  }
  return { writer, expected }
}

const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 60_000 })), {
  maxLength: 80,
})

describe('reading WAL', () => {
  it('finds every end of a transaction, in whatever pieces the bytes come', () => {
    const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 200_000 })), {
      minLength: 1,
    })
    fc.assert(
      fc.property(sizes, pieces, (recordSizes, pieceSizes) => {
        const { writer, expected } = writeWal(recordSizes)
        const { one, seen, damage } = reader()
        const bytes = writer.bytes()
        for (let at = 0, index = 0; at < bytes.length; index++) {
          const size = pieceSizes[index % pieceSizes.length] ?? 1
          one.read(bytes.subarray(at, at + size))
          at += size
        }
        expect(damage).toEqual([])
        expect(seen).toEqual(expected)
        expect(one.position).toBe(writer.lsn)
      }),
      { numRuns: 60 },
    )
  })

  it('loses nothing at the border of segments when what was open there is handed on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7000 }), fc.integer({ min: 0, max: 400 }), (long, shift) => {
        const { writer, expected } = writeWal([segmentBytes - 9000 + shift * 8, long, 10, 5, 6])
        const [first, second] = [...writer.segments()]
        if (first === undefined || second === undefined) return
        const facts = readSegmentFacts(first[0], first[1])
        const { one, seen } = reader({
          startLsn: start + BigInt(segmentBytes),
          ...(facts.openRecord === undefined ? {} : { openRecord: facts.openRecord }),
        })
        one.read(second[1])
        const inSecond = expected.filter(({ endLsn }) => endLsn > start + BigInt(segmentBytes))
        expect(seen).toEqual(inSecond)
        expect(facts.commits + seen.filter(({ record }) => record.type === 'commit').length).toBe(2)
      }),
    )
  })

  it('begins within a record without taking its content for records', () => {
    const { writer, expected } = writeWal([3 * segmentBytes, 4, 5])
    const bytes = writer.bytes().subarray(segmentBytes)
    const { one, seen, damage } = reader({ startLsn: start + BigInt(segmentBytes) })
    one.read(bytes)
    expect(seen).toEqual(expected)
    expect(damage).toEqual([])
  })

  it('passes over the empty rest of a segment that was switched', () => {
    const writer = new WalWriter(start)
    writer.write({ manager: 1, info: 0, xid: 7, data: transactionEnd(1) })
    writer.switchSegment()
    writer.write({ manager: 1, info: 0, xid: 8, data: transactionEnd(2) })
    const { one, seen, damage } = reader()
    one.read(writer.bytes())
    expect(seen.map(({ record }) => record.type)).toEqual(['commit', 'segment-switched', 'commit'])
    expect(damage).toEqual([])
  })

  it('reads the transaction that was prepared, not the session that ended it', () => {
    const writer = new WalWriter(start)
    const data = Buffer.alloc(8 + 4 + 8 + 4 + 8 + 4 + 16 + 4)
    data.writeUInt32LE((1 << 0) | (1 << 1) | (1 << 3) | (1 << 4), 8) // database, subtransactions, invalidations, prepared
    data.writeUInt32LE(2, 20)
    data.writeUInt32LE(1, 32)
    data.writeUInt32LE(4711, 52)
    writer.write({ manager: 1, info: 0x30 | 0x80, xid: 0, data })
    const { one, seen } = reader()
    one.read(writer.bytes())
    expect(seen[0]?.record).toEqual({ type: 'commit', microseconds: 0, xid: 4711, wasPrepared: true })
  })

  it('reads restore points, ends of recovery and the change to wal_level=minimal', () => {
    const writer = new WalWriter(start)
    const point = Buffer.alloc(72)
    point.writeBigInt64LE(5n, 0)
    point.write('vor dem Löschen', 8)
    writer.write({ manager: 0, info: 0x70, data: point })
    const ended = Buffer.alloc(16)
    ended.writeUInt32LE(2, 8)
    ended.writeUInt32LE(1, 12)
    writer.write({ manager: 0, info: 0x90, data: ended })
    const parameters = Buffer.alloc(28)
    const unloggedAt = writer.write({ manager: 0, info: 0x60, data: parameters })
    parameters.writeInt32LE(1, 20)
    writer.write({ manager: 0, info: 0x60, data: parameters })
    const { one, seen } = reader()
    one.read(writer.bytes())
    expect(seen.map(({ record }) => record)).toEqual([
      { type: 'restore-point', microseconds: 5, name: 'vor dem Löschen' },
      { type: 'recovery-ended', microseconds: 0, timeline: 2, previousTimeline: 1 },
      { type: 'wal-level', isMinimal: true },
      { type: 'wal-level', isMinimal: false },
    ])
    expect(seen[2]?.endLsn).toBe(unloggedAt)
  })

  it('goes on at the next page after damage, and says where it was', () => {
    const { writer } = writeWal(Array.from({ length: 300 }, () => 100))
    const bytes = Buffer.from(writer.bytes())
    bytes.fill(0xaa, 3 * 8192, 3 * 8192 + 24)
    const { one, seen, damage } = reader()
    one.read(bytes)
    expect(damage).toEqual(['the page is not one of PostgreSQL 13 to 18'])
    expect(seen.length).toBeGreaterThan(100)
    expect(seen.length).toBeLessThan(200)
  })

  it('does not trip over any bytes', () => {
    const writer = new WalWriter(start)
    writer.write({ manager: 1, info: 0, data: Buffer.alloc(30_000) })
    const whole = writer.bytes()
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 200 }), (at, noise) => {
        const bytes = Buffer.from(whole)
        bytes.set(noise.subarray(0, bytes.length - at), at)
        const { one } = reader()
        one.read(bytes)
        expect(one.position).toBe(start + BigInt(bytes.length))
      }),
    )
  })

  it('refuses WAL of another cluster', () => {
    const { one } = reader({ systemIdentifier: '42' })
    const bytes = writeWal([1, 2]).writer.bytes()
    expect(() => one.read(bytes)).toThrowError(expect.toSatisfy((error) => isAppError(error, 'POSTGRES_OTHER_CLUSTER')))
  })
})

describe('facts of a file', () => {
  const writer = new WalWriter(start)
  writer.write({ manager: 1, info: 0, xid: 9, data: transactionEnd(3_000_000) })
  writer.write({ manager: 1, info: 0, xid: 7, data: transactionEnd(2_000_000) })
  writer.write({ manager: 1, info: 0x20, xid: 8, data: transactionEnd(4_000_000) })
  writer.switchSegment()
  const [[name, bytes]] = [...writer.segments()] as [[string, Buffer]]

  it('hold the earliest and latest commit, ends and transactions', () => {
    expect(readSegmentFacts(name, bytes)).toEqual({
      name: '000000010000000000000005',
      timeline: 1,
      startLsn: '0/500000',
      endLsn: '0/600000',
      complete: true,
      segmentBytes,
      systemIdentifier: '7000000000000000001',
      commits: 2,
      firstCommitAt: '2000-01-01T00:00:02.000000Z',
      lastCommitAt: '2000-01-01T00:00:03.000000Z',
      lastEndAt: '2000-01-01T00:00:04.000000Z',
      firstXid: 7,
      lastXid: 9,
      restorePoints: [],
    })
  })

  it.each([
    ['a name that is none', '../../etc/passwd', bytes],
    ['the name of another segment', '000000010000000000000006', bytes],
    ['a file that is too short', name, bytes.subarray(0, bytes.length - 1)],
    ['a file that is too long', name, Buffer.concat([bytes, Buffer.alloc(1)])],
    ['an empty file', name, Buffer.alloc(0)],
    ['zeros', name, Buffer.alloc(segmentBytes)],
  ])('are refused for %s', (_what, wrongName, wrongBytes) => {
    expect(() => readSegmentFacts(wrongName, wrongBytes)).toThrowError(
      expect.toSatisfy((error) => isAppError(error, 'POSTGRES_WAL_UNREADABLE')),
    )
  })

  it('of a partial segment end where its content ends', () => {
    const partial = Buffer.from(bytes)
    partial.fill(0x55, 8192 * 2)
    const facts = readSegmentFacts(`${name}.partial`, partial)
    expect(facts).toMatchObject({ name: `${name}.partial`, complete: false, commits: 2 })
  })
})
