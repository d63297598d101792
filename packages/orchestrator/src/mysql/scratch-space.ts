import { tmpdir } from 'node:os'
import { checkSpace, checkTarget } from '@holdfast/repository/restore/check-target'

/** Log files, undo logs and system tables of a server that holds nothing. */
const emptyServerBytes = 120 << 20

/**
 * Looks whether a scratch server for a dump has room, before it is started: a full disk is told by servers in words that
 * nobody understands. Fails with TARGET_UNUSABLE.
 */
export function requireScratchSpace(parent: string | undefined, dumpBytes: number): void {
  const place = checkTarget({ target: parent ?? tmpdir(), delete: false })
  // binary columns take twice their space in a dump
  checkSpace(place, emptyServerBytes + Math.floor(dumpBytes / 2))
}
