import type { Context } from '@holdfast/core/context'
import {
  type BinlogEvent,
  binlogMagic,
  checksumBytesOf,
  eventsIn,
  eventType,
  readQuery,
} from '../binlog/binlog-event.ts'
import { comparePositions } from '../binlog/binlog-position.ts'
import type { ReadSlice, ReplayPlan } from './replay-plan.ts'
import { type ReplayScope, requireWithinScope } from './replay-scope.ts'

/** What concerns files and not data. */
const dropped = new Set<number>([
  ...[eventType.rotate, eventType.stop, eventType.previousGtids],
  ...[eventType.mariadbGtidList, eventType.mariadbStartEncryption],
])
const accountStatement =
  /^\s*(?:(?:CREATE|ALTER|DROP|RENAME)\s+(?:OR\s+REPLACE\s+)?(?:USER|ROLE)|GRANT|REVOKE|SET\s+(?:PASSWORD|DEFAULT\s+ROLE))\b/i

export interface ReplayChoice {
  /** leave out statements about accounts and their rights */
  readonly skipsAccounts: boolean
  /** only this database will be chosen: what cannot be told apart is refused */
  readonly scope?: ReplayScope
}

/**
 * What is to be replayed, as one binary log: the events from the base's position to the end, without those that are left out.
 * So nothing depends on how mysqlbinlog understands positions and times, and files need not be written anywhere.
 */
export async function* replayEvents(
  { chain, from, to, without }: ReplayPlan,
  read: ReadSlice,
  { skipsAccounts, scope }: ReplayChoice,
  ctx: Context,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield binlogMagic
  const { head, slices } = chain
  let reached = { file: from.file, position: 0 }
  let checksumBytes = 4
  const [first] = slices
  if (head !== undefined && first !== undefined && head !== first) {
    for (const event of eventsIn(await read(head, ctx))) {
      if (event.type !== eventType.formatDescription) continue
      checksumBytes = checksumBytesOf(event)
      yield event.bytes
      break
    }
  }
  for (const facts of slices) {
    const { file } = facts
    if (comparePositions({ file, position: facts.startPosition }, to) >= 0) return
    if (reached.file !== file) reached = { file, position: 0 }
    let position = Math.max(4, facts.startPosition)
    const parts: Buffer[] = []
    for (const event of eventsIn(await read(facts, ctx))) {
      const start = { file, position }
      position += event.bytes.length
      if (start.position < reached.position) continue
      reached = { file, position }
      if (event.type === eventType.formatDescription) {
        checksumBytes = checksumBytesOf(event)
        parts.push(event.bytes)
        continue
      }
      if (comparePositions(start, from) < 0 || comparePositions(start, to) >= 0 || dropped.has(event.type)) continue
      if (
        without.some(
          (one) => one.file === file && one.startPosition <= start.position && start.position < one.endPosition,
        )
      )
        continue
      if (skipsAccounts && isAboutAccounts(event, checksumBytes)) continue
      if (scope !== undefined) requireWithinScope(event, checksumBytes, scope)
      parts.push(event.bytes)
    }
    if (parts.length > 0) yield Buffer.concat(parts)
  }
}

function isAboutAccounts(event: BinlogEvent, checksumBytes: number): boolean {
  return event.type === eventType.query && accountStatement.test(readQuery(event, checksumBytes).text)
}
