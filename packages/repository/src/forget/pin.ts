import type { Snapshot } from '../format/snapshot.ts'

/**
 * A snapshot with this tag, or with `pin=<why>`, is never forgotten by Holdfast: neither by a policy nor by its id,
 * until the tag is removed with `holdfast tag`. Other programs do not know pins; restic's equivalent is --keep-tag.
 */
export const pinTag = 'holdfast-pin'
const pinReasonPrefix = 'pin='

/** The tag that pins a snapshot, or undefined. */
export function findPin(snapshot: Snapshot): string | undefined {
  return snapshot.tags.find((tag) => tag === pinTag || (tag.startsWith(pinReasonPrefix) && tag !== pinReasonPrefix))
}
