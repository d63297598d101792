import { setImmediate } from 'node:timers/promises'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import { createCronClock } from '@holdfast/orchestrator/planning/cron-clock'
import { readStatusFacts, type StatusFacts } from '@holdfast/orchestrator/status/status-facts'
import { type StatusReport, statusOf } from '@holdfast/orchestrator/status/status-report'

/** Many ask at once, and each answer costs tens of milliseconds with a thousand sources. */
const keptMs = 1_000
/** From this age on it is read anew while the last one is still told, so that nobody waits as long as many ask. */
const renewedMs = 750

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

interface Look {
  readonly atMs: number
  readonly config: EffectiveConfig
  readonly status: Promise<CurrentStatus>
}

export function createStatusReader(catalogue: Catalogue, config: () => EffectiveConfig): StatusReader {
  const clock = createCronClock()
  let done: Look | undefined
  /** one at a time: a machine that is slow would never come to an end with more */
  let looking: Look | undefined
  const readNow = async (of: EffectiveConfig, now: Date): Promise<CurrentStatus> => {
    const facts = await readStatusFacts(catalogue, of, now)
    // others may have their turn between both
    await setImmediate()
    return { facts, report: statusOf(facts, clock) }
  }
  const look = (now: Date): Look => {
    const of = config()
    const own: Look = { atMs: now.getTime(), config: of, status: readNow(of, now) }
    looking = own
    const over = (isDone: boolean): void => {
      if (looking !== own) return
      looking = undefined
      if (!isDone) return
      done = own
      // megabytes, with a thousand sources, that nobody may ask for again
      setTimeout(() => done === own && (done = undefined), keptMs).unref()
    }
    own.status.then(
      () => over(true),
      () => over(false),
    )
    return own
  }
  return {
    async read(ctx) {
      const now = ctx.now()
      const ageMs = done?.config === config() ? now.getTime() - done.atMs : Number.NaN
      const own = looking?.config === config() ? looking : undefined
      if (done !== undefined && ageMs >= 0 && ageMs < keptMs) {
        if (ageMs >= renewedMs && own === undefined) look(now)
        return await done.status
      }
      return await (own ?? look(now)).status
    },
    forget() {
      done = undefined
      looking = undefined
    },
  }
}
