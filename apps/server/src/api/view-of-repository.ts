import type { RepositoryView } from '@holdfast/api/view/repository-view'
import type { RepositoryStatus } from '@holdfast/orchestrator/status/status-report'

export function viewOfRepository(status: RepositoryStatus): RepositoryView {
  const { settings, snapshots, bytes, measuredAt, bytesPerDay, fullAt, readSince, cost } = status
  const { name, medium, isOffSite, isImmutable, capacityBytes } = settings
  return {
    ...{ name, medium, isOffSite, isImmutable, snapshots },
    location: withoutPassword(settings.location),
    ...(bytes !== undefined && { bytes }),
    ...(measuredAt !== undefined && { measuredAt: measuredAt.toISOString() }),
    ...(bytesPerDay !== undefined && { bytesPerDay: Math.round(bytesPerDay) }),
    ...(capacityBytes !== undefined && { capacityBytes }),
    ...(fullAt !== undefined && { fullAt: fullAt.toISOString() }),
    ...(readSince !== undefined && { readSince: readSince.toISOString() }),
    ...(cost !== undefined && {
      cost: {
        currency: cost.currency,
        perMonth: cost.perMonth,
        storagePerMonthInAYear: cost.storagePerMonthInAYear,
        readAll: cost.readAll,
      },
    }),
  }
}

/** An address can hold one: "rest:https://user:password@host/". */
function withoutPassword(location: string): string {
  return location.replace(/(:\/\/[^/:@\s]*):[^@/\s]*@/, '$1:***@')
}
