import type { Snapshot } from '../format/snapshot.ts'

/**
 * A snapshot with this tag, or with `pin=<why>`, is never forgotten by Holdfast: neither by a policy nor by its id,
 * until the tag is removed with `holdfast tag`. Other programs do not know pins; restic's equivalent is --keep-tag.
 */
export const pinTag = 'holdfast-pin'
const pinReasonPrefix = 'pin='
/** A source's log is one snapshot that moves on; what of it is not needed any more is dropped from within. */
const logPrefix = 'log='

/** Pins a snapshot for a time: "keep-until=2026-12-31T00:00:00.000Z". By its id it may be removed before. */
const keepUntilPrefix = 'keep-until='

/** The last instant that a tag of a snapshot keeps it to, or undefined. */
export function keptUntil({ tags }: Pick<Snapshot, 'tags'>): Date | undefined {
  const times = tags.flatMap((tag) => {
    const time = tag.startsWith(keepUntilPrefix) ? Date.parse(tag.slice(keepUntilPrefix.length)) : Number.NaN
    return Number.isNaN(time) ? [] : [time]
  })
  return times.length === 0 ? undefined : new Date(Math.max(...times))
}

export function keepUntilTag(until: Date): string {
  return `${keepUntilPrefix}${until.toISOString()}`
}

/** The tag that pins a snapshot, or undefined. The log of a source is pinned. */
export function findPin(snapshot: Snapshot): string | undefined {
  const isOwn = snapshot.tags.includes('holdfast')
  return snapshot.tags.find((tag) => {
    const isReason = tag.startsWith(pinReasonPrefix) && tag !== pinReasonPrefix
    return tag === pinTag || isReason || (isOwn && tag.startsWith(logPrefix))
  })
}
