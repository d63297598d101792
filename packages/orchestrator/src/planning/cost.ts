import type { PriceSettings } from '@holdfast/core/config/effective-config'

const gib = 2 ** 30
const monthDays = 30.44
/** What a pack is filled to; index and snapshot files are few beside packs. */
const packBytes = 16 * 2 ** 20

/** What a repository costs, in the currency of its price list. Estimates: no store says what it will ask for. */
export interface CostEstimate {
  readonly currency: string
  /** for what is stored now, a month */
  readonly storagePerMonth: number
  /** for what has to be paid although it will have been removed, a month, at the present growth */
  readonly earlyRemovalPerMonth: number
  /** for the requests that write what is new, a month */
  readonly requestsPerMonth: number
  readonly perMonth: number
  /** the storage of a year ahead, a month, at the present growth */
  readonly storagePerMonthInAYear: number
  /** reading everything once: a whole restore, or a whole check */
  readonly readAll: number
}

export interface CostBasis {
  readonly bytes: number
  /** growth, after removals; 0 where it is unknown */
  readonly bytesPerDay: number
  /** written by backups and copies in a day, before removals; 0 where it is unknown */
  readonly writtenBytesPerDay: number
}

export function estimateCost(price: PriceSettings, basis: CostBasis): CostEstimate {
  const { bytes, bytesPerDay, writtenBytesPerDay } = basis
  const stored = (amount: number) => (Math.max(0, amount) / gib) * price.storedGibMonth
  const storagePerMonth = stored(bytes)
  // What is written and does not stay was removed; the store goes on counting it until its minimum is over.
  const removedPerDay = Math.max(0, writtenBytesPerDay - Math.max(0, bytesPerDay))
  const earlyRemovalPerMonth = stored(removedPerDay * price.minimumDays)
  const packsPerMonth = (Math.max(writtenBytesPerDay, bytesPerDay, 0) * monthDays) / packBytes
  const requestsPerMonth = (packsPerMonth / 1000) * price.thousandRequests
  return {
    currency: price.currency,
    storagePerMonth,
    earlyRemovalPerMonth,
    requestsPerMonth,
    perMonth: storagePerMonth + earlyRemovalPerMonth + requestsPerMonth,
    storagePerMonthInAYear: stored(bytes + bytesPerDay * 365),
    readAll: (bytes / gib) * price.readGib,
  }
}
