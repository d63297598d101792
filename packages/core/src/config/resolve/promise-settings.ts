import { defined } from '../defined.ts'
import type { KeepSettings, PromiseSettings, ScheduleSettings, WindowSettings } from '../effective-config.ts'
import type { ParsedKeep } from '../schema/keep-schema.ts'
import type { ParsedSchedule } from '../schema/schedule-schema.ts'
import type { WholeSource } from '../schema/source-schema.ts'
import { dayNumber, type ParsedWindow } from '../schema/window-schema.ts'

/** A schedule without a cron line never fires; the check of the configuration refuses it before. */
export function scheduleSettings({ cron, timeZone, jitter }: ParsedSchedule, zone: string): ScheduleSettings {
  return { cron: cron ?? '', timeZone: timeZone ?? zone, jitterMs: jitter ?? 0 }
}

export function windowSettings({ between, days, timeZone }: ParsedWindow, zone: string): WindowSettings {
  return { ...between, timeZone: timeZone ?? zone, ...defined({ days: days?.map(dayNumber) }) }
}

/** 0 means that the rule does not hold. */
function keepSettings({ within, ...counts }: ParsedKeep): KeepSettings {
  const held = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined && count > 0))
  return { ...held, ...defined({ within }) }
}

/** `repositories`: those that hold the source, already chosen. `hasLog`: whether there is a log to follow at all. */
export function promiseSettings(
  source: WholeSource,
  {
    repositories,
    hasLog,
    zone,
  }: { readonly repositories: readonly string[]; readonly hasLog: boolean; readonly zone: string },
): PromiseSettings {
  const schedule = (parsed: ParsedSchedule | undefined) =>
    parsed === undefined ? undefined : scheduleSettings(parsed, zone)
  return {
    tier: source.tier,
    ...defined({ rpoMs: source.rpo, rtoMs: source.rto }),
    backup: scheduleSettings(source.backup, zone),
    log: hasLog ? source.log : 'off',
    repositories,
    copyMethod: source.copyMethod,
    keep: new Map(repositories.map((name) => [name, keepSettings(source.keepIn?.[name] ?? source.keep ?? {})])),
    // without a log there is no instant but those of the backups
    prove: defined({
      newest: schedule(source.prove.newest),
      random: hasLog ? schedule(source.prove.random) : undefined,
    }),
    blackouts: source.blackouts.map((window) => windowSettings(window, zone)),
    timeoutMs: source.timeout,
    retries: source.retries,
  }
}
