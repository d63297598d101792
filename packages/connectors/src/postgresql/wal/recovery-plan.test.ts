import { isAppError } from '@holdfast/core/errors/app-error'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverage } from './coverage.ts'
import { formatLsn, parseLsn, segmentName } from './lsn.ts'
import type { RecoverableBase, RecoverableLog } from './recoverable-log.ts'
import { planRecovery } from './recovery-plan.ts'
import type { SegmentFacts } from './segment-facts.ts'
import { walTime } from './wal-time.ts'

const segmentBytes = 1 << 20
const lsnOf = (text: string): number => Number(parseLsn(text))
const lsn = (segments: number, offset = 0): string => formatLsn(BigInt(Math.round(segments * segmentBytes) + offset))
const time = (seconds: number): string => walTime(BigInt(Math.round(seconds * 1e6)))

function facts(number: number, overrides: Partial<SegmentFacts> = {}): SegmentFacts {
  return {
    name: segmentName(overrides.timeline ?? 1, BigInt(number), segmentBytes),
    timeline: 1,
    startLsn: lsn(number),
    endLsn: lsn(number + 1),
    complete: true,
    segmentBytes,
    systemIdentifier: '1',
    commits: 1,
    firstCommitAt: time(number * 10 + 1),
    lastCommitAt: time(number * 10 + 9),
    lastEndAt: time(number * 10 + 9),
    firstXid: number * 100,
    lastXid: number * 100 + 99,
    restorePoints: [],
    ...overrides,
  }
}

function base(id: string, at: number, overrides: Partial<RecoverableBase> = {}): RecoverableBase {
  return { id, timeline: 1, startLsn: lsn(at), stopLsn: lsn(at + 0.5), stoppedAt: time(at * 10 + 5), ...overrides }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
const names = (segments: readonly SegmentFacts[]): number[] =>
  segments.map((each) => lsnOf(each.startLsn) / segmentBytes)
const log = (overrides: Partial<RecoverableLog> = {}): RecoverableLog => {
  return {
    bases: [base('a', 2), base('b', 6)],
    segments: range(2, 9).map((each) => facts(each)),
    histories: [],
    ...overrides,
  }
}
const codeOf = (work: () => unknown): { code: string; message: string } => {
  try {
    work()
  } catch (error) {
    if (isAppError(error)) return { code: error.code, message: error.message }
    throw error
  }
  return { code: 'none', message: '' }
}

describe('planning a recovery', () => {
  it('takes the newest base before the instant, and WAL up to the first later end of a transaction', () => {
    const plan = planRecovery(log(), { stop: { type: 'time', at: time(53) } })
    expect(plan.base.id).toBe('a')
    expect(names(plan.segments)).toEqual([2, 3, 4, 5])
    expect(plan.walBytes).toBe(4 * segmentBytes)
    expect(plan.stop).toEqual({ type: 'time', time: time(53) })
    expect(plan).toMatchObject({ timeline: 1, inclusive: true, histories: [], until: time(53) })
    expect(planRecovery(log(), { stop: { type: 'time', at: time(66) } }).base.id).toBe('b')
  })

  it('takes one more segment to stop behind a commit than before it', () => {
    const plan = (inclusive: boolean) => planRecovery(log(), { stop: { type: 'time', at: time(49) }, inclusive })
    expect(names(plan(true).segments)).toEqual([2, 3, 4, 5])
    expect(names(plan(false).segments)).toEqual([2, 3, 4])
  })

  it('replays to the end when the instant is later than the last commit but nothing can be missing', () => {
    const tip = facts(10, { endLsn: lsn(10, 4096), complete: false, recoverableUntil: time(500) })
    const quiet = log({ segments: [...log().segments, tip] })
    const plan = planRecovery(quiet, { stop: { type: 'time', at: time(400) } })
    expect(plan.stop).toEqual({ type: 'end' })
    expect(names(plan.segments)).toEqual([6, 7, 8, 9, 10])
    expect(plan.walBytes).toBe(4 * segmentBytes + 4096)
    expect(codeOf(() => planRecovery(quiet, { stop: { type: 'time', at: time(501) } })).code).toBe(
      'RECOVERY_AFTER_NEWEST',
    )
  })

  it('names the range when the instant lies outside of it', () => {
    const early = codeOf(() => planRecovery(log(), { stop: { type: 'time', at: time(24) } }))
    expect(early.code).toBe('RECOVERY_BEFORE_OLDEST')
    expect(early.message).toContain(`${time(25)} to ${time(99)}`)
    expect(codeOf(() => planRecovery(log(), { stop: { type: 'time', at: time(100) } })).code).toBe(
      'RECOVERY_AFTER_NEWEST',
    )
  })

  it('names the gap when the instant lies in one, and does not read over it', () => {
    const holey = log({ segments: log().segments.filter((each) => each.startLsn !== lsn(4)) })
    const inGap = codeOf(() => planRecovery(holey, { stop: { type: 'time', at: time(50) } }))
    expect(inGap).toMatchObject({ code: 'RECOVERY_IN_GAP' })
    expect(inGap.message).toContain(time(39))
    expect(inGap.message).toContain(time(65))
    expect(coverage(holey)).toMatchObject({
      ranges: [
        { from: time(25), until: time(39), bases: ['a'] },
        { from: time(65), until: time(99), bases: ['b'] },
      ],
      gaps: [{ from: time(39), until: time(65), fromLsn: lsn(4), reason: 'wal-missing' }],
    })
  })

  it('does not replay past the point where wal_level was minimal', () => {
    const segments = range(2, 9).map((each) => facts(each, each === 4 ? { unloggedAt: lsn(4, 500) } : {}))
    const plan = codeOf(() => planRecovery(log({ segments }), { stop: { type: 'time', at: time(55) } }))
    expect(plan.code).toBe('RECOVERY_IN_GAP')
    expect(coverage(log({ segments }))?.gaps).toMatchObject([{ reason: 'wal-level-minimal', fromLsn: lsn(4, 500) }])
  })

  it('comes back with the base alone when its WAL is not in the log', () => {
    const alone = log({ segments: [] })
    expect(planRecovery(alone, { stop: { type: 'latest' } })).toMatchObject({
      base: { id: 'b' },
      segments: [],
      stop: { type: 'end' },
    })
    expect(planRecovery(alone, { stop: { type: 'immediate' } })).toMatchObject({
      base: { id: 'b' },
      stop: { type: 'consistent' },
    })
    expect(codeOf(() => planRecovery(log({ bases: [] }), { stop: { type: 'latest' } })).code).toBe('RECOVERY_NO_BASE')
  })

  it('does not deliver a log that ends before the base does', () => {
    const short = log({ segments: [facts(6, { endLsn: lsn(6.3), complete: false })], bases: [base('b', 6)] })
    expect(planRecovery(short, { stop: { type: 'latest' } }).segments).toEqual([])
  })

  it('reaches positions, transactions and restore points', () => {
    const segments = range(2, 9).map((each) =>
      facts(each, each === 7 ? { restorePoints: [{ name: 'before', at: time(71), lsn: lsn(7, 90) }] } : {}),
    )
    const at = log({ segments })
    expect(planRecovery(at, { stop: { type: 'lsn', lsn: lsn(4, 100) } })).toMatchObject({ base: { id: 'a' } })
    expect(names(planRecovery(at, { stop: { type: 'lsn', lsn: lsn(4, 100) } }).segments)).toEqual([2, 3, 4, 5])
    expect(names(planRecovery(at, { stop: { type: 'name', name: 'before' } }).segments)).toEqual([6, 7])
    expect(planRecovery(at, { stop: { type: 'xid', xid: 444 } })).toMatchObject({
      base: { id: 'a' },
      stop: { xid: '444' },
    })
    const codes = (
      [
        { type: 'lsn', lsn: lsn(2) },
        { type: 'lsn', lsn: lsn(10) },
        { type: 'name', name: 'after' },
        { type: 'xid', xid: 5000 },
      ] as const
    ).map((stop) => codeOf(() => planRecovery(at, { stop })).code)
    expect(codes).toEqual([
      'RECOVERY_BEFORE_OLDEST',
      'RECOVERY_AFTER_NEWEST',
      'RECOVERY_POINT_UNKNOWN',
      'RECOVERY_POINT_UNKNOWN',
    ])
    expect(codeOf(() => planRecovery(at, { stop: { type: 'lsn', lsn: 'x' } })).code).toBe('ARGUMENT_INVALID')
  })
})

describe('planning over timelines', () => {
  // Timeline 1 went on to segment 9; timeline 2 branched off in the middle of segment 5.
  const segments = [
    ...range(2, 9).map((each) => facts(each)),
    ...range(5, 7).map((each) => facts(each, { timeline: 2, lastEndAt: time(each * 10 + 8) })),
  ]
  const histories = [{ timeline: 2, ancestors: [{ timeline: 1, endLsn: BigInt(5.5 * segmentBytes), reason: '' }] }]
  const forked = { bases: [base('a', 2), base('lost', 7)], segments, histories }

  it('takes each segment from the timeline that goes on', () => {
    const plan = planRecovery(forked, { stop: { type: 'latest' } })
    expect(plan).toMatchObject({ timeline: 2, histories: [2], base: { id: 'a' } })
    expect(plan.segments.map((each) => [each.timeline, lsnOf(each.startLsn) / segmentBytes])).toEqual([
      [1, 2],
      [1, 3],
      [1, 4],
      [2, 5],
      [2, 6],
      [2, 7],
    ])
  })

  it('reaches the branch that was left when it is named', () => {
    const plan = planRecovery(forked, { stop: { type: 'latest' }, timeline: 1 })
    expect(plan).toMatchObject({ timeline: 1, histories: [] })
    expect(plan.base.id).toBe('lost')
    expect(names(plan.segments)).toEqual([7, 8, 9])
  })

  it('ends where the old timeline did when nothing of the new one is there', () => {
    const young = { ...forked, segments: segments.filter((each) => each.timeline === 1) }
    const plan = planRecovery(young, { stop: { type: 'latest' } })
    expect(plan.timeline).toBe(2)
    expect(names(plan.segments)).toEqual([2, 3, 4, 5])
    expect(plan.walBytes).toBe(3.5 * segmentBytes)
    expect(plan.until).toBe(time(49))
  })

  it('knows of WAL behind a hole that no base backup leads to', () => {
    const torn = log({ segments: [...range(2, 6), 8, 9].map((each) => facts(each)) })
    expect(coverage(torn)?.unreachableLsn).toBe(lsn(10))
    expect(coverage({ ...torn, bases: [...torn.bases, base('d', 8)] })?.unreachableLsn).toBeUndefined()
    expect(coverage(log())?.unreachableLsn).toBeUndefined()
  })

  it('needs no history file on the timeline of a base backup itself, which brings it', () => {
    const promoted = base('c', 6, { timeline: 2 })
    const alone = { bases: [promoted], segments: [], histories: [] }
    expect(planRecovery(alone, { stop: { type: 'latest' } })).toMatchObject({ timeline: 2, base: { id: 'c' } })
    expect(coverage(alone)?.ranges).toMatchObject([{ bases: ['c'] }])
    const older = { ...alone, bases: [base('a', 2), promoted] }
    expect(planRecovery(older, { stop: { type: 'latest' } }).base.id).toBe('c')
    expect(planRecovery(older, { stop: { type: 'latest' }, timeline: 1 }).base.id).toBe('a')
  })

  it('goes to the newest timeline that a base leads to, and refuses those that none does', () => {
    const orphan = {
      ...forked,
      histories: [...histories, { timeline: 3, ancestors: [{ timeline: 1, endLsn: 5n, reason: '' }] }],
    }
    expect(planRecovery(orphan, { stop: { type: 'latest' } }).timeline).toBe(2)
    for (const timeline of [3, 4]) {
      const refused = codeOf(() => planRecovery(orphan, { stop: { type: 'latest' }, timeline }))
      expect(refused.code).toBe('RECOVERY_TIMELINE_UNKNOWN')
    }
  })
})

describe('planning, compared with replaying record by record', () => {
  interface Model {
    readonly log: RecoverableLog
    readonly commits: readonly { at: number; seconds: number }[]
    readonly present: ReadonlySet<number>
    readonly until: ReadonlyMap<number, number>
  }

  const segmentCount = 8
  const models = fc
    .record({
      gaps: fc.array(
        fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 0, max: 300 }), fc.integer({ min: -2, max: 2 })),
        {
          minLength: 1,
          maxLength: 60,
        },
      ),
      missing: fc.uniqueArray(fc.integer({ min: 0, max: segmentCount - 1 }), { maxLength: 3 }),
      bases: fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 1, max: 9 })), {
        minLength: 1,
        maxLength: 4,
      }),
      known: fc.array(fc.integer({ min: 0, max: 50 }), { minLength: segmentCount, maxLength: segmentCount }),
    })
    .map(({ gaps, missing, bases, known }): Model => {
      const unit = (segmentBytes * segmentCount) / 100_000
      let at = 0
      let seconds = 1000
      const commits = gaps.map(([distance, pause, jitter]) => {
        at += distance
        seconds += pause
        return { at: Math.round(at * unit), seconds: seconds + jitter }
      })
      const inLog = commits.filter((each) => each.at < segmentBytes * segmentCount)
      const latest = (to: number): number =>
        Math.max(1000, ...inLog.filter((each) => each.at <= to).map((each) => each.seconds))
      const until = new Map(
        range(0, segmentCount - 1).map((each) => [each, latest((each + 1) * segmentBytes) + (known[each] ?? 0)]),
      )
      // What the server said must be true: nothing later in WAL was committed by then.
      for (const [number, claimed] of until) {
        const later = inLog.filter((each) => each.at > (number + 1) * segmentBytes).map((each) => each.seconds - 1)
        until.set(number, Math.min(claimed, ...later))
      }
      const present = new Set(range(0, segmentCount - 1).filter((each) => !missing.includes(each)))
      const segments = [...present].map((number) => {
        const mine = inLog.filter((each) => each.at > number * segmentBytes && each.at <= (number + 1) * segmentBytes)
        const { firstCommitAt: _f, lastCommitAt: _l, lastEndAt: _e, ...bare } = facts(number)
        const times = mine.map((each) => each.seconds)
        const ends =
          mine.length === 0 ? {} : { lastEndAt: time(Math.max(...times)), lastCommitAt: time(Math.max(...times)) }
        return { ...bare, ...ends, recoverableUntil: time(until.get(number) ?? 0) }
      })
      const made = bases.map(([percent, length], index) => {
        const start = Math.round((percent / 100) * segmentBytes * segmentCount)
        const stop = start + Math.round((length / 100) * segmentBytes * segmentCount)
        return base(String(index), 0, {
          startLsn: formatLsn(BigInt(start)),
          stopLsn: formatLsn(BigInt(stop)),
          stoppedAt: time(latest(stop)),
        })
      })
      return { log: { bases: made, segments, histories: [] }, commits: inLog, present, until }
    })

  /** What a server would do with everything there is: the stopping record, "end", or failing. */
  function replay(
    { commits, present, until }: Model,
    from: RecoverableBase,
    seconds: number,
  ): 'stops' | 'ends' | 'fails' {
    const stop = lsnOf(from.stopLsn)
    if (time(seconds) < from.stoppedAt) return 'fails'
    let known = from.stoppedAt
    for (let number = Math.floor((stop - 1) / segmentBytes); present.has(number); number++) {
      const mine = commits.filter(
        (each) => each.at > Math.max(0, number * segmentBytes) && each.at <= (number + 1) * segmentBytes,
      )
      if (mine.some((each) => each.seconds > seconds)) return 'stops'
      const knownHere = time(until.get(number) ?? 0)
      if (knownHere > known) known = knownHere
    }
    return time(seconds) <= known ? 'ends' : 'fails'
  }

  it('finds a way whenever there is one, with the newest base, and with all the WAL it takes', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 990, max: 4000 }), (model, seconds) => {
        const ways = model.log.bases
          .map((each) => ({ each, outcome: replay(model, each, seconds) }))
          .filter(({ outcome }) => outcome !== 'fails')
          .sort((first, second) => lsnOf(second.each.stopLsn) - lsnOf(first.each.stopLsn))
        const [best] = ways
        if (best === undefined) {
          const { code } = codeOf(() => planRecovery(model.log, { stop: { type: 'time', at: time(seconds) } }))
          expect(['RECOVERY_BEFORE_OLDEST', 'RECOVERY_AFTER_NEWEST', 'RECOVERY_IN_GAP']).toContain(code)
          return
        }
        const plan = planRecovery(model.log, { stop: { type: 'time', at: time(seconds) } })
        expect(plan.base.stopLsn).toBe(best.each.stopLsn)
        expect(plan.stop.type).toBe(best.outcome === 'stops' ? 'time' : 'end')
        const given = { ...model, present: new Set(names(plan.segments)) }
        if (best.outcome === 'stops') expect(replay(given, plan.base, seconds)).toBe('stops')
      }),
      { numRuns: 2000 },
    )
  })

  it('says in its coverage exactly which instants can be reached', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 990, max: 4000 }), (model, seconds) => {
        const isCovered = coverage(model.log)?.ranges.some(
          ({ from, until }) => from <= time(seconds) && time(seconds) <= until,
        )
        expect(isCovered).toBe(model.log.bases.some((each) => replay(model, each, seconds) !== 'fails'))
      }),
      { numRuns: 2000 },
    )
  })
})
