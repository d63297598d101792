import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import { createCronClock } from '@holdfast/orchestrator/planning/cron-clock'
import { readStatusFacts, type StatusFacts } from '@holdfast/orchestrator/status/status-facts'
import { type StatusReport, statusOf } from '@holdfast/orchestrator/status/status-report'

/** Many ask at once, and each answer costs tens of milliseconds with a thousand sources. */
const keptMs = 1_000

export interface CurrentStatus {
  readonly facts: StatusFacts
  readonly report: StatusReport
}

/** How everything stands, read from the catalogue at most once a second: never older than that. */
export interface StatusReader {
  read(ctx: Context): Promise<CurrentStatus>
  /** Something was changed here: whoever asks next is to see it. */
  forget(): void
}

export function createStatusReader(catalogue: Catalogue, config: () => EffectiveConfig): StatusReader {
  const clock = createCronClock()
  let kept:
    | { readonly at: number; readonly config: EffectiveConfig; readonly status: Promise<CurrentStatus> }
    | undefined
  const readNow = async (of: EffectiveConfig, now: Date): Promise<CurrentStatus> => {
    const facts = await readStatusFacts(catalogue, of, now)
    return { facts, report: statusOf(facts, clock) }
  }
  return {
    async read(ctx) {
      const [now, of] = [ctx.now(), config()]
      const at = now.getTime()
      if (kept !== undefined && kept.config === of && at >= kept.at && at - kept.at < keptMs) return await kept.status
      const status = readNow(of, now)
      const own = { at, config: of, status }
      kept = own
      try {
        return await status
      } catch (error) {
        // the next one asks again
        if (kept === own) kept = undefined
        throw error
      }
    },
    forget: () => (kept = undefined),
  }
}
