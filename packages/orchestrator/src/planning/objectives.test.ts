import { describe, expect, test } from 'vitest'
import type { Finding } from '../finding/finding.ts'
import { createCronClock } from './cron-clock.ts'
import type { Facts } from './facts.ts'
import { measureApplications, measureObjectives, objectiveSamples } from './objectives.ts'
import { factsOf, overviewOf, proofOf } from './testing/facts-fixture.ts'
import { planningConfig, sourceFor } from './testing/planning-fixture.ts'

const now = new Date('2026-06-10T12:00:00Z')
const hourMs = 3_600_000
const ago = (hours: number) => new Date(now.getTime() - hours * hourMs)
const clock = createCronClock()
const promised = { rpo: '24h', rto: '1h', repositories: ['local', 'offsite'] }
const config = planningConfig({ shop: sourceFor('0 2 * * *', promised) }, { offsite: { immutable: true } })

function measure(given: Partial<Facts>) {
  const [objectives] = measureObjectives(factsOf(config, now, given), clock)
  if (objectives === undefined) throw new Error('the source is gone')
  return objectives
}

function finding(kind: Finding['kind'], subject: Finding['subject']): Finding {
  return {
    kind,
    severity: 'critical',
    subject,
    title: 'bad',
    detail: '',
    figures: {},
    key: kind,
    firstSeenAt: now,
    lastSeenAt: now,
  }
}

describe('the recovery point', () => {
  test('is the newest snapshot in any repository', () => {
    const snapshots = [overviewOf('shop', 'local', ago(30)), overviewOf('shop', 'offsite', ago(10))]
    expect(measure({ snapshots })).toMatchObject({
      newestRestorable: ago(10),
      by: 'snapshot',
      rpo: { verdict: 'kept', actualMs: 10 * hourMs, promisedMs: 24 * hourMs },
    })
    expect(measure({ snapshots: [overviewOf('shop', 'local', ago(25))] }).rpo.verdict).toBe('broken')
  })

  test('is missed, not unknown, when there is nothing to restore', () => {
    const objectives = measure({})
    expect(objectives.rpo).toEqual({ verdict: 'broken', promisedMs: 24 * hourMs })
    expect(objectives).not.toHaveProperty('newestRestorable')
  })

  test('is what the log reaches, unless something is missing in it or nothing carries it', () => {
    const type = { type: 'postgresql', connection: { text: 'postgresql://localhost/' } }
    const database = planningConfig({
      db: {
        ...type,
        rpo: '15m',
        log: 'continuous',
        backup: { cron: '0 */6 * * *' },
        repositories: ['local'],
        keep: { last: 3 },
        prove: { newest: 'none', random: 'none' },
      },
    })
    const [snapshot, until] = [overviewOf('db', 'local', ago(5)), ago(0.01)]
    const mark = (state: object) =>
      new Map([['log/db', JSON.stringify({ at: now, recoverableUntil: until, ...state })]])
    const reach = (marks: ReadonlyMap<string, string>, snapshots = [snapshot]) =>
      measureObjectives(factsOf(database, now, { snapshots, marks }), clock)[0]
    expect(reach(mark({}))).toMatchObject({ newestRestorable: until, by: 'log', rpo: { verdict: 'kept' } })
    expect(reach(mark({ gap: true }))).toMatchObject({ newestRestorable: ago(5), rpo: { verdict: 'broken' } })
    expect(reach(mark({}), [])).toMatchObject({ by: 'snapshot', rpo: { verdict: 'broken' } })
    expect(reach(new Map([['log/db', 'nonsense']]))).toMatchObject({ newestRestorable: ago(5) })
  })
})

test('a backup of the future keeps no promise: how old the newest state is cannot be told', () => {
  const of = (hoursOld: number) => measure({ snapshots: [overviewOf('shop', 'local', ago(hoursOld))] }).rpo
  expect(of(-1 / 60)).toMatchObject({ verdict: 'kept', actualMs: 0 })
  expect(of(-1)).toEqual({ verdict: 'broken', promisedMs: expect.any(Number) })
})

describe('the recovery time', () => {
  test('is unknown until a restore was measured', () => {
    expect(measure({}).rto).toEqual({ verdict: 'unknown', promisedMs: hourMs })
  })

  test('is that of the slowest recent proof, longer for more data, never shorter for less', () => {
    const slowestProofs = [proofOf('shop', ago(5), { recoveryMs: 40 * 60_000, bytes: 1000 })]
    const sized = (newestBytes: number) =>
      measure({ slowestProofs, snapshots: [overviewOf('shop', 'local', ago(1), { newestBytes })] }).rto
    expect(sized(1000)).toMatchObject({ verdict: 'kept', actualMs: 40 * 60_000 })
    expect(sized(2000)).toMatchObject({ verdict: 'broken', actualMs: 80 * 60_000 })
    expect(sized(10)).toMatchObject({ actualMs: 40 * 60_000 })
  })
})

test('the age of the proof counts from the last that passed', () => {
  const proofs = [proofOf('shop', ago(2), { verdict: 'failed' }), proofOf('shop', ago(50))]
  expect(measure({ proofs })).toMatchObject({
    proofAgeMs: 50 * hourMs,
    newestProof: { verdict: 'failed' },
    newestPassed: { endedAt: ago(50) },
  })
})

describe('the 3-2-1-1-0 score', () => {
  const snapshots = [overviewOf('shop', 'local', ago(5)), overviewOf('shop', 'offsite', ago(5))]
  const proofs = [proofOf('shop', ago(3))]
  const unmet = (given: Partial<Facts>) =>
    measure(given).score.parts.flatMap(({ demand, isMet }) => (isMet ? [] : [demand]))

  test('has five points when every demand is met, and says by what', () => {
    const { score, copies } = measure({ snapshots, proofs })
    expect(score.points).toBe(5)
    expect(copies).toEqual(['local', 'offsite'])
    expect(score.parts.map(({ explanation }) => explanation)).toEqual([
      '3 of 3 copies: the source itself, local, offsite',
      '2 of 2 media: disk, object',
      'off-site: offsite',
      'immutable: offsite',
      'last proof passed',
    ])
  })

  test('counts a repository only while its copy is fresh', () => {
    const stale = [overviewOf('shop', 'local', ago(5)), overviewOf('shop', 'offsite', ago(100))]
    expect(unmet({ snapshots: stale, proofs })).toEqual(['copies', 'media', 'off-site', 'immutable'])
  })

  test('lacks the last point without a proof, after a failed one and while errors are open', () => {
    expect(unmet({ snapshots })).toEqual(['errors'])
    expect(unmet({ snapshots, proofs: [proofOf('shop', ago(3), { verdict: 'failed' })] })).toEqual(['errors'])
    const openFindings = [finding('check-failed', { repository: 'offsite' })]
    expect(unmet({ snapshots, proofs, openFindings })).toEqual(['errors'])
    expect(unmet({ snapshots, proofs, openFindings: [finding('slow', { source: 'shop' })] })).toEqual([])
  })

  test('has no points for nothing', () => {
    expect(measure({}).score.points).toBe(0)
  })
})

describe('an application', () => {
  const shop = sourceFor('0 2 * * *', promised)
  const together = planningConfig({ shop, files: sourceFor('0 2 * * *', { rpo: '48h', rto: 'none' }) })
  const withApplication = {
    ...together,
    applications: new Map([['store', { name: 'store', sources: ['shop', 'files'] }]]),
  }
  const measured = (given: Partial<Facts>) => {
    const facts = factsOf(withApplication, now, given)
    const sources = measureObjectives(facts, clock)
    return { facts, sources, applications: measureApplications(facts, sources) }
  }

  test('is as good as the worst of its sources', () => {
    const snapshots = [overviewOf('shop', 'local', ago(3)), overviewOf('files', 'local', ago(30))]
    expect(measured({ snapshots }).applications).toMatchObject([
      {
        name: 'store',
        newestRestorable: ago(30),
        rpo: { verdict: 'kept', actualMs: 30 * hourMs, promisedMs: 24 * hourMs },
        rto: { verdict: 'unknown' },
      },
    ])
  })

  test('cannot be restored when one of its sources cannot', () => {
    const [application] = measured({ snapshots: [overviewOf('shop', 'local', ago(3))] }).applications
    expect(application).not.toHaveProperty('newestRestorable')
    expect(application?.rpo.verdict).toBe('broken')
  })

  test('and its sources are recorded every six hours', () => {
    const snapshots = [overviewOf('shop', 'local', ago(3)), overviewOf('files', 'local', ago(30))]
    const { facts, sources, applications } = measured({ snapshots })
    const samples = objectiveSamples(facts, sources, applications)
    expect(samples.filter(({ figure }) => figure === 'rpo-ms').map(({ subject, value }) => [subject, value])).toEqual([
      ['source/shop', 3 * hourMs],
      ['source/files', 30 * hourMs],
      ['application/store', 30 * hourMs],
    ])
    const later = { ...facts, now: new Date(now.getTime() + hourMs), samples }
    expect(objectiveSamples(later, sources, applications)).toEqual([])
    const muchLater = { ...later, now: new Date(now.getTime() + 6 * hourMs) }
    expect(objectiveSamples(muchLater, sources, applications)).toHaveLength(samples.length)
  })
})
