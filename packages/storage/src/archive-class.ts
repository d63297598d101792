/**
 * Storage classes whose objects have to be brought back before they can be read, and how long that takes at most, in
 * hours. Source: Amazon S3 User Guide, "Understanding archive retrieval options" and "S3 Intelligent-Tiering access
 * tiers"; other providers use the names with times of their own.
 */
const hoursAtMost: Readonly<Record<string, Readonly<Record<RetrievalTier, number>>>> = {
  GLACIER: { standard: 5, bulk: 12 },
  DEEP_ARCHIVE: { standard: 12, bulk: 48 },
  ARCHIVE_ACCESS: { standard: 5, bulk: 12 },
  DEEP_ARCHIVE_ACCESS: { standard: 12, bulk: 48 },
}

const unknownClass = { standard: 12, bulk: 48 }

/** How quickly archived files are brought back: `bulk` is cheaper. */
export type RetrievalTier = 'standard' | 'bulk'

export interface RetrievalRequest {
  /** the readable copy is kept for so long */
  readonly days: number
  readonly tier: RetrievalTier
}

/** Whether a file that is listed with this class may need to be brought back; `stat` tells. */
export function mayBeArchived(storageClass: string | undefined): boolean {
  return storageClass === 'INTELLIGENT_TIERING' || isArchiveClass(storageClass)
}

/** Whether a file of this class cannot be read before it was asked for. */
export function isArchiveClass(storageClass: string | undefined): boolean {
  return storageClass !== undefined && storageClass in hoursAtMost
}

export function retrievalHours(archiveClass: string, tier: RetrievalTier): number {
  return (hoursAtMost[archiveClass] ?? unknownClass)[tier]
}

/** "up to 5 h, with the tier bulk up to 12 h" */
export function retrievalText(archiveClass: string): string {
  const { standard, bulk } = hoursAtMost[archiveClass] ?? unknownClass
  return `up to ${standard} h, with the tier bulk up to ${bulk} h`
}
