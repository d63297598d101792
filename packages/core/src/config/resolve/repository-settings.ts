import { defined } from '../defined.ts'
import type { RepositorySettings } from '../effective-config.ts'
import type { ParsedRepository } from '../schema/repository-schema.ts'
import { scheduleSettings, windowSettings } from './promise-settings.ts'

export function repositorySettings(name: string, parsed: ParsedRepository, zone: string): RepositorySettings {
  const { location, password, medium, offSite, immutable, prune, check, price, limits, capacity } = parsed
  const window = prune.window === undefined ? undefined : windowSettings(prune.window, zone)
  return {
    name,
    location,
    password,
    variables: new Map(Object.entries(parsed.variables)),
    options: new Map(Object.entries(parsed.options)),
    medium,
    isOffSite: offSite,
    isImmutable: immutable,
    residency: new Map(Object.entries(parsed.residency)),
    prune: {
      schedule: scheduleSettings(prune.schedule, zone),
      maxUnused: prune.maxUnused,
      ...defined({ window }),
    },
    check: { schedule: scheduleSettings(check.schedule, zone), readAllWithinMs: check.readAllWithin },
    limits: {
      concurrency: limits.concurrency,
      ...defined({ uploadBytesPerSecond: limits.upload, downloadBytesPerSecond: limits.download }),
    },
    ...defined({ price, capacityBytes: capacity }),
  }
}

/** Whether a repository's labels are among those that a source allows. */
export function allowsResidency(
  allowed: ReadonlyMap<string, readonly string[]>,
  residency: ReadonlyMap<string, string>,
): boolean {
  return [...allowed].every(([label, values]) => values.includes(residency.get(label) ?? ''))
}
