import { describe, expect, test } from 'vitest'
import { writeRotation } from '../planning/check-rotation.ts'
import { hoursAgo, statusFor, statusNow } from './status-fixture.ts'
import { statusJson } from './status-json.ts'
import { objectiveText, summaryText } from './status-text.ts'

describe('the status', () => {
  test('says for each source what holds of its promises', () => {
    const { sources } = statusFor()
    expect(sources.map(({ source, isBroken, copies, score }) => [source.name, isBroken, copies, score.points])).toEqual(
      [
        ['shop', false, ['local', 'offsite'], 5],
        ['wiki', true, ['local'], 0],
        ['scratch', false, ['local'], 0],
      ],
    )
    expect(sources[1]?.findings.map(({ title }) => title)).toEqual(['wiki was last backed up 34 h ago'])
  })

  test('is broken where there is nothing to restore, promised or not', () => {
    const { sources } = statusFor({ snapshots: [] })
    expect(sources.map(({ isBroken }) => isBroken)).toEqual([true, true, true])
  })

  test('says of applications what their worst source says', () => {
    expect(statusFor().applications).toMatchObject([
      { name: 'store', newestRestorable: hoursAgo(34), rpo: { verdict: 'broken' }, points: 0 },
    ])
  })

  test('says of repositories how they grow, what they cost and when all of it was read', () => {
    const readAt = [hoursAgo(30), hoursAgo(60)]
    const marks = new Map([['checked/offsite', writeRotation({ since: hoursAgo(500), readAt })]])
    const [local, offsite] = statusFor({ marks }).repositories
    expect(local).toMatchObject({ snapshots: 9 })
    expect(local).not.toHaveProperty('bytes')
    expect(offsite).toMatchObject({
      snapshots: 12,
      bytes: 2 ** 30 + 30 * 2 ** 20,
      bytesPerDay: 2 ** 20,
      readSince: hoursAgo(60),
      fullAt: new Date(statusNow.getTime() + 994 * 86_400_000),
    })
    expect(offsite?.cost?.storagePerMonth).toBeCloseTo(0.0206, 4)
  })

  test('lists findings that are about no source apart', () => {
    const finding = { subject: { repository: 'offsite' }, key: 'capacity/offsite', title: 'offsite is nearly full' }
    const { otherFindings } = statusFor({
      openFindings: [{ ...statusFor().sources[1]?.findings[0], ...finding } as never],
    })
    expect(otherFindings.map(({ title }) => title)).toEqual(['offsite is nearly full'])
  })

  test('is summed up in a sentence', () => {
    expect(summaryText(statusFor())).toBe('3 sources: 2 keep their promises, 1 breaks them; 1 finding is open')
    expect(summaryText(statusFor({ slowestProofs: [], openFindings: [] }))).toBe(
      '3 sources: 1 keeps its promises, 1 breaks them, 1 waits for its first proof; no findings',
    )
  })

  test('is given to programs with times in ISO 8601 and spans in seconds', () => {
    const json: unknown = JSON.parse(JSON.stringify(statusJson(statusFor())))
    expect(json).toMatchObject({
      message_type: 'status',
      at: '2026-06-10T12:00:00.000Z',
      all_kept: false,
      sources: [
        {
          name: 'shop',
          broken: false,
          newest_restorable: '2026-06-10T02:00:00.000Z',
          newest_restorable_by: 'snapshot',
          rpo: { verdict: 'kept', seconds: 36_000, promised_seconds: 86_400 },
          rto: { verdict: 'kept', seconds: 60, promised_seconds: 3600 },
          last_proof: { at: '2026-06-10T03:00:00.000Z', verdict: 'passed' },
          copies: ['local', 'offsite'],
          score: 5,
        },
        { name: 'wiki', broken: true, last_proof: { verdict: 'failed' }, findings: [{ key: 'overdue/wiki' }] },
        { name: 'scratch', rpo: { verdict: 'not promised', promised_seconds: null }, last_proof: null },
      ],
      repositories: [
        { name: 'local', bytes: null },
        { name: 'offsite', bytes_per_day: 2 ** 20 },
      ],
    })
  })
})

test('an objective is readable without colours', () => {
  expect(objectiveText({ verdict: 'kept', actualMs: 40_000, promisedMs: 900_000 })).toBe('✓ 40.0s of 15m 00s')
  expect(objectiveText({ verdict: 'unknown', promisedMs: 3_600_000 })).toBe('? of 1h 00m')
  expect(objectiveText({ verdict: 'broken', promisedMs: 3_600_000 }, 'nothing')).toBe('✗ nothing of 1h 00m')
  expect(objectiveText({ verdict: 'not promised', actualMs: 3_600_000 })).toBe('– 1h 00m')
})
