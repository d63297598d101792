import type { Finding } from '../finding/finding.ts'
import { createCronClock } from '../planning/cron-clock.ts'
import { factsOf, overviewOf, proofOf } from '../planning/testing/facts-fixture.ts'
import { planningConfig, sourceFor } from '../planning/testing/planning-fixture.ts'
import type { StatusFacts } from './status-facts.ts'
import { type StatusReport, statusOf } from './status-report.ts'

/** For tests: the moment of the status, and moments before it. */
export const statusNow = new Date('2026-06-10T12:00:00Z')
export const hoursAgo = (hours: number) => new Date(statusNow.getTime() - hours * 3_600_000)

const promised = { rpo: '24h', rto: '1h', repositories: ['local', 'offsite'] }
const base = planningConfig(
  {
    shop: sourceFor('0 2 * * *', promised),
    wiki: sourceFor('0 2 * * *', promised),
    scratch: sourceFor('0 2 * * sun', { tier: 'temporary', rpo: 'none', rto: 'none' }),
  },
  { offsite: { immutable: true, capacity: '2GiB', price: { currency: 'EUR', storedGibMonth: 0.02, readGib: 0.1 } } },
)
const config = {
  ...base,
  applications: new Map([['store', { name: 'store', sources: ['shop', 'wiki'] }]]),
}

export function findingOf(source: string, title: string, given: Partial<Finding> = {}): Finding {
  return {
    kind: 'overdue',
    severity: 'critical',
    subject: { source },
    title,
    detail: 'Look at it.\nThen again.',
    figures: {},
    key: `overdue/${source}`,
    firstSeenAt: hoursAgo(5),
    lastSeenAt: statusNow,
    ...given,
  }
}

/** For tests: "shop" keeps its promises, "wiki" is late and its last proof failed, "scratch" has no promises. */
function statusFactsFor(given: Partial<StatusFacts> = {}): StatusFacts {
  const day = (n: number) => new Date(statusNow.getTime() - (30 - n) * 86_400_000)
  return {
    ...factsOf(config, statusNow, {
      snapshots: [
        overviewOf('shop', 'local', hoursAgo(10), { count: 7, newestBytes: 1000 }),
        overviewOf('shop', 'offsite', hoursAgo(10), { count: 12, newestBytes: 1000 }),
        overviewOf('wiki', 'local', hoursAgo(34)),
        overviewOf('scratch', 'local', hoursAgo(100)),
      ],
      proofs: [
        proofOf('shop', hoursAgo(9)),
        proofOf('wiki', hoursAgo(8), { verdict: 'failed' }),
        proofOf('wiki', hoursAgo(176)),
      ],
      slowestProofs: [proofOf('shop', hoursAgo(9)), proofOf('wiki', hoursAgo(176))],
      openFindings: [findingOf('wiki', 'wiki was last backed up 34 h ago')],
      ...given,
    }),
    repositorySizes: Array.from({ length: 31 }, (_, n) => ({
      figure: 'repository-bytes',
      subject: 'repository/offsite',
      at: day(n),
      value: 2 ** 30 + n * 2 ** 20,
    })),
    ...given,
  }
}

export function statusFor(given: Partial<StatusFacts> = {}): StatusReport {
  return statusOf(statusFactsFor(given), createCronClock())
}
