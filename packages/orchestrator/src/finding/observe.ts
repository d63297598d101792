import type { Catalogue, Sample } from '../catalogue/catalogue.ts'
import type { CronClock } from '../planning/cron-clock.ts'
import type { Facts } from '../planning/facts.ts'
import { detect } from './detect.ts'
import type { Finding } from './finding.ts'
import { historicFigures, historyOf } from './history.ts'
import { reconcile, reopenWithinMs } from './reconcile.ts'

export interface Observed {
  /** open now */
  readonly open: readonly Finding[]
  readonly opened: readonly Finding[]
  readonly resolved: readonly Finding[]
}

/** Looks, and keeps what it has read of the past, which is read again only where something new was recorded. */
export interface Observer {
  /** Stores what has changed in the catalogue's findings. */
  observe(facts: Facts): Promise<Observed>
}

/** so far back, and so many of each, are looked at */
const historyMs = 400 * 86_400_000
const questionsAtOnce = 32

export function createObserver(catalogue: Catalogue, clock: CronClock): Observer {
  const remembered = new Map<string, { readonly newestMs: number; readonly series: readonly Sample[] }>()
  const isHistoric = new Set<string>(historicFigures)

  const refresh = async (facts: Facts): Promise<void> => {
    const stale = facts.samples.filter(
      ({ figure, subject, at }) =>
        isHistoric.has(figure) && remembered.get(`${figure} ${subject}`)?.newestMs !== at.getTime(),
    )
    const since = new Date(facts.now.getTime() - historyMs)
    for (let start = 0; start < stale.length; start += questionsAtOnce) {
      await Promise.all(
        stale.slice(start, start + questionsAtOnce).map(async ({ figure, subject, at }) => {
          const series = await catalogue.samples.list({ figure, subject, since })
          remembered.set(`${figure} ${subject}`, { newestMs: at.getTime(), series })
        }),
      )
    }
  }

  return {
    observe: async (facts) => {
      await refresh(facts)
      const history = historyOf([...remembered.values()].flatMap(({ series }) => series))
      const clockOffsetMs = await catalogue.clockOffsetMs()
      const sight = detect({ facts, history, clockOffsetMs, clock })
      const recent = await catalogue.findings.list({ since: new Date(facts.now.getTime() - reopenWithinMs) })
      const { changed, opened, resolved } = reconcile([...recent, ...facts.openFindings], sight, facts.now)
      if (changed.length > 0) await catalogue.findings.put(changed)
      const now = new Map(facts.openFindings.map((finding) => [finding.key, finding]))
      for (const finding of changed) {
        if (finding.resolvedAt === undefined) now.set(finding.key, finding)
        else now.delete(finding.key)
      }
      return { open: [...now.values()], opened, resolved }
    },
  }
}
