import { expect, it } from 'vitest'
import type { SliceFacts } from '../binlog/slice-facts.ts'
import { chainFrom, type RecoverableBase } from './binlog-chain.ts'
import { chooseChain } from './choose-chain.ts'
import { coverage } from './coverage.ts'
import type { MysqlRecoveryPoint } from './recovery-point.ts'

const at = (second: number): string => `2026-11-20T10:00:${String(second).padStart(2, '0')}.000000Z`

function slice(file: number, startPosition: number, endPosition: number, more: Partial<SliceFacts> = {}): SliceFacts {
  return {
    formatVersion: 1,
    file: `b.00000${file}`,
    generation: 1,
    startPosition,
    endPosition,
    endsFile: false,
    fileCreatedAt: Date.parse(at(0)) / 1000,
    serverId: 1,
    commits: 1,
    commitPosition: endPosition,
    ...more,
  }
}

function base(id: string, file: number, position: number, second: number): RecoverableBase {
  const instant = at(second)
  return {
    id,
    startedAt: instant,
    consistentAt: instant,
    serverId: 1,
    position: { file: `b.00000${file}`, position, gtid: `0-1-${second}` },
  }
}

const whole = [
  slice(1, 0, 500),
  slice(1, 500, 900, { endsFile: true, recoverableUntil: at(20) }),
  slice(2, 0, 300, { recoverableUntil: at(30), gtid: '0-1-29' }),
]

it('follows slices over files as long as nothing is missing', () => {
  const chain = chainFrom(base('one', 1, 600, 10), whole)
  expect(chain).toMatchObject({
    until: at(30),
    end: { file: 'b.000002', position: 300 },
    stretches: [{ head: { startPosition: 0, file: 'b.000001' } }],
  })
  expect(chain.slices.map(({ file, startPosition }) => [file, startPosition])).toEqual([
    ['b.000001', 500],
    ['b.000002', 0],
  ])
})

it('ends where a slice, a file, or the beginning of a file is missing', () => {
  expect(
    chainFrom(
      base('one', 1, 100, 10),
      [whole[0], whole[2]].filter((one) => one !== undefined),
    ).until,
  ).toBe(at(10))
  const third = slice(3, 0, 90, { recoverableUntil: at(40) })
  expect(chainFrom(base('one', 1, 600, 10), [...whole, third]).until).toBe(at(30))
  expect(chainFrom(base('one', 1, 600, 10), whole.slice(1)).slices).toEqual([])
})

it('takes slices that two followers wrote, and those of another generation only for their own backups', () => {
  const overlapping = [
    slice(1, 0, 600),
    slice(1, 500, 900, { endsFile: true }),
    slice(2, 0, 300, { recoverableUntil: at(30) }),
  ]
  expect(chainFrom(base('one', 1, 100, 10), overlapping).until).toBe(at(30))
  const other = whole.map((one) => ({
    ...one,
    generation: 2,
    fileCreatedAt: Date.parse(at(50)) / 1000,
    recoverableUntil: at(59),
  }))
  expect(chainFrom(base('one', 1, 100, 10), [...whole, ...other]).until).toBe(at(30))
  expect(chainFrom(base('late', 1, 100, 55), [...whole, ...other]).until).toBe(at(59))
})

it('shows ranges and gaps, and backups without a log as instants', () => {
  const alone = { ...base('alone', 9, 4, 50) }
  const found = coverage([base('one', 1, 600, 10), base('two', 1, 700, 15), alone], whole)
  expect(found).toEqual({
    ranges: [
      { from: at(10), until: at(30), bases: ['one', 'two'] },
      { from: at(50), until: at(50), bases: ['alone'] },
    ],
    gaps: [{ from: at(30), until: at(50) }],
    oldest: at(10),
    newest: at(50),
  })
})

it('chooses the backup with the least to replay, and says why a point cannot be reached', () => {
  const bases = [base('one', 1, 600, 10), base('two', 1, 700, 15), base('alone', 9, 4, 50)]
  const chosen = (stop: MysqlRecoveryPoint): string => chooseChain(bases, whole, { stop, without: [] }).base.id
  expect(chosen({ type: 'time', at: at(12) })).toBe('one')
  expect(chosen({ type: 'time', at: at(25) })).toBe('two')
  expect(chosen({ type: 'latest' })).toBe('alone')
  expect(chosen({ type: 'position', file: 'b.000001', position: 650 })).toBe('one')
  expect(chosen({ type: 'gtid', gtid: '0-1-20' })).toBe('two')
  const fails =
    (second: number): (() => unknown) =>
    () =>
      chosen({ type: 'time', at: at(second) })
  expect(fails(5)).toThrow('before the oldest')
  expect(fails(40)).toThrow('binary log is missing')
  expect(fails(55)).toThrow('after the newest')
  const places = [
    { type: 'position', file: 'b.000001', position: 599 },
    // behind the end of its file, and of another name
    { type: 'position', file: 'b.000001', position: 99_999 },
    { type: 'position', file: 'mysql-bin.000001', position: 650 },
    { type: 'gtid', gtid: '0-1-9999' },
  ] as const
  for (const stop of places) {
    expect(() => chosen(stop)).toThrow(/is not in the binary log that can be replayed.*b\.000001:600 to b\.00000/)
  }
  expect(() => chooseChain([], whole, { stop: { type: 'latest' }, without: [] })).toThrow('no base backup')
})

it('leaves out a transaction by a backup that does not hold it yet, although newer ones reach the point', () => {
  const bases = [
    { ...base('one', 1, 600, 10), position: { file: 'b.000001', position: 600, gtid: '0-1-5' } },
    { ...base('two', 1, 700, 15), position: { file: 'b.000001', position: 700, gtid: '0-1-8' } },
    base('alone', 9, 4, 50),
  ]
  const chosen = (without: readonly string[], stop: MysqlRecoveryPoint = { type: 'latest' }): string =>
    chooseChain(bases, whole, { stop, without }).base.id
  expect(chosen([])).toBe('alone')
  expect(chosen(['0-1-9'])).toBe('two')
  expect(chosen(['0-1-7'])).toBe('one')
  expect(chosen(['0-1-9', 'b.000001:650'])).toBe('one')
  expect(chosen(['0-1-7'], { type: 'time', at: at(25) })).toBe('one')
  expect(() => chosen(['0-1-3'])).toThrow('transaction 0-1-3 is not in the binary log')
  expect(() => chosen(['0-1-7', 'b.000009:4'])).toThrow('transaction b.000009:4 is not in the binary log')
})

it('goes on at the server that took over, unless something is missing before it or the backup holds what was lost', () => {
  const first = [
    slice(1, 0, 500, { gtid: '0-1-5', gtids: '0-1-5' }),
    slice(1, 500, 900, { gtid: '0-1-9', gtids: '0-1-9', recoverableUntil: at(20) }),
  ]
  const link = { generation: 1, position: 250, gtids: '0-1-7' }
  const second = [
    slice(3, 0, 400, { generation: 2, serverId: 2, follows: link, gtids: '0-1-7,0-2-9' }),
    slice(3, 400, 600, { generation: 2, serverId: 2, gtids: '0-1-7,0-2-12', recoverableUntil: at(40) }),
  ]
  const own = { ...base('one', 1, 100, 10), position: { file: 'b.000001', position: 100, gtid: '0-1-1' } }
  const chain = chainFrom(own, [...first, ...second])
  expect(chain).toMatchObject({ until: at(40), end: { file: 'b.000003', position: 600 } })
  expect(chain.stretches).toMatchObject([{ kept: '0-1-7' }, { from: { file: 'b.000003', position: 250 } }])
  expect(coverage([own], [...first, ...second])?.gaps).toEqual([])
  // the follower had not stored all that both servers have
  expect(chainFrom(own, [...first.slice(0, 1), ...second]).until).toBe(at(10))
  const late = { ...own, position: { file: 'b.000001', position: 800, gtid: '0-1-8' } }
  expect(chainFrom(late, [...first, ...second]).until).toBe(at(20))
  // without a GTID of the backup it is not known whether it holds what was lost
  const { gtid: _gtid, ...place } = own.position
  expect(chainFrom({ ...own, position: place }, [...first, ...second]).until).toBe(at(20))
})
