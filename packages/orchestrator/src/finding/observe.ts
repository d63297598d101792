import { randomUUID } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import type { Catalogue, FindingStore } from '../catalogue/catalogue.ts'
import { createMarkLease } from '../log/mark-lease.ts'
import type { CronClock } from '../planning/cron-clock.ts'
import type { Facts } from '../planning/facts.ts'
import { detect } from './detect.ts'
import type { Sight } from './detector.ts'
import type { Finding } from './finding.ts'
import { type History, historicFigures, noSeries, readPast, type Series, seriesKey, seriesOf } from './history.ts'
import { reconcile, type Reconciliation, reopenWithinMs } from './reconcile.ts'

export interface Observed {
  /** open now */
  readonly open: readonly Finding[]
  readonly opened: readonly Finding[]
  readonly resolved: readonly Finding[]
}

/** Looks, and keeps what it has read of the past, which is read again only where something new was recorded. */
export interface Observer {
  /** Stores what has changed in the catalogue's findings; of several servers, one at a time does. */
  observe(facts: Facts): Promise<Observed>
}

const questionsAtOnce = 32
/** A server that died while it wrote keeps the others from it for so long. */
const leaseMs = 60_000

export function createObserver(catalogue: Catalogue, clock: CronClock): Observer {
  const remembered = new Map<string, { readonly newestMs: number; readonly series: Series }>()
  const isHistoric = new Set<string>(historicFigures)
  const history: History = {
    series: (figure, subject) => remembered.get(seriesKey({ figure, subject }))?.series ?? noSeries,
  }

  const refresh = async (facts: Facts): Promise<void> => {
    const stale = facts.samples.filter(
      (newest) => isHistoric.has(newest.figure) && remembered.get(seriesKey(newest))?.newestMs !== newest.at.getTime(),
    )
    for (let start = 0; start < stale.length; start += questionsAtOnce) {
      await Promise.all(
        stale.slice(start, start + questionsAtOnce).map(async (newest) => {
          const series = seriesOf(await readPast(catalogue.samples, newest, facts.now))
          remembered.set(seriesKey(newest), { newestMs: newest.at.getTime(), series })
        }),
      )
    }
  }

  const isAlone = createMarkLease(catalogue.marks, 'findings/observer', randomUUID(), leaseMs)

  /** Two servers that saw the same at the same moment would open two findings: only one at a time writes. */
  const store = async (sight: Sight, facts: Facts): Promise<Reconciliation> => {
    const ctx = quietContext({ now: () => facts.now })
    if (!(await isAlone.hold(ctx))) return nothingChanged
    try {
      const outcome = reconcile(await knownFindings(catalogue.findings, facts.now), sight, facts.now)
      await catalogue.findings.put(outcome.changed)
      return outcome
    } finally {
      await isAlone.release()
    }
  }

  return {
    observe: async (facts) => {
      await refresh(facts)
      const clockOffsetMs = await catalogue.clockOffsetMs()
      const sight = detect({ facts, history, clockOffsetMs, clock })
      const known = await knownFindings(catalogue.findings, facts.now)
      const isNews = reconcile(known, sight, facts.now).changed.length > 0
      const { changed, opened, resolved } = isNews ? await store(sight, facts) : nothingChanged
      const open = new Map(known.filter(isOpen).map((finding) => [finding.key, finding]))
      for (const finding of changed) {
        if (isOpen(finding)) open.set(finding.key, finding)
        else open.delete(finding.key)
      }
      return { open: [...open.values()], opened, resolved }
    },
  }
}

const nothingChanged: Reconciliation = { changed: [], opened: [], resolved: [] }

const isOpen = ({ resolvedAt }: Finding): boolean => resolvedAt === undefined

/** As they are stored now: somebody may have acknowledged one since the facts were read. */
async function knownFindings(findings: FindingStore, now: Date): Promise<Finding[]> {
  const [open, recent] = await Promise.all([
    findings.list({ isOpen: true }),
    findings.list({ isOpen: false, since: new Date(now.getTime() - reopenWithinMs) }),
  ])
  return [...open, ...recent]
}
