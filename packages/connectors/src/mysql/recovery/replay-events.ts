import type { Context } from '@holdfast/core/context'
import {
  type BinlogEvent,
  binlogMagic,
  checksumBytesOf,
  eventsIn,
  eventType,
  readQuery,
} from '../binlog/binlog-event.ts'
import { type BinlogPosition, comparePositions } from '../binlog/binlog-position.ts'
import type { ReadSlice, ReplayPart, ReplayPlan } from './replay-plan.ts'
import { type ReplayScope, requireWithinScope } from './replay-scope.ts'
import { withStandInNumber } from './sequence-numbers.ts'

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
  { parts, without }: ReplayPlan,
  read: ReadSlice,
  choice: ReplayChoice,
  ctx: Context,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield binlogMagic
  for (const part of parts) yield* partEvents(part, { without, ...choice }, read, ctx)
}

/** Those of one server, after a description of how they are to be read. */
async function* partEvents(
  { stretch: { head, slices }, from, to }: ReplayPart,
  choice: ReplayChoice & Pick<ReplayPlan, 'without'>,
  read: ReadSlice,
  ctx: Context,
): AsyncGenerator<Uint8Array, void, undefined> {
  let reached = { file: from.file, position: 0 }
  let checksumBytes = 4
  const [first] = slices
  if (first !== undefined && head !== first) {
    for (const event of eventsIn(await read(head, ctx))) {
      if (event.type !== eventType.formatDescription) continue
      checksumBytes = checksumBytesOf(event)
      yield event.bytes
      break
    }
  }
  for (const facts of slices) {
    const { file, startPosition } = facts
    if (comparePositions({ file, position: startPosition }, to) >= 0) return
    if (reached.file !== file) reached = { file, position: 0 }
    let position = Math.max(4, startPosition)
    const parts: Buffer[] = []
    for (const event of eventsIn(await read(facts, ctx))) {
      const start = { file, position }
      position += event.bytes.length
      if (start.position < reached.position) continue
      reached = { file, position }
      if (event.type === eventType.formatDescription) checksumBytes = checksumBytesOf(event)
      else if (comparePositions(start, from) < 0 || comparePositions(start, to) >= 0) continue
      else if (!isReplayed(event, { ...start, generation: facts.generation }, checksumBytes, choice)) continue
      parts.push(event.type === eventType.mariadbGtid ? withStandInNumber(event, checksumBytes) : event.bytes)
    }
    if (parts.length > 0) yield Buffer.concat(parts)
  }
}

function isReplayed(
  event: BinlogEvent,
  start: BinlogPosition & { readonly generation: number },
  checksumBytes: number,
  { without, skipsAccounts, scope }: ReplayChoice & Pick<ReplayPlan, 'without'>,
): boolean {
  const isExcluded = without.some(
    (one) =>
      one.generation === start.generation &&
      one.file === start.file &&
      one.startPosition <= start.position &&
      start.position < one.endPosition,
  )
  if (dropped.has(event.type) || isExcluded) return false
  if (skipsAccounts && isAboutAccounts(event, checksumBytes)) return false
  if (scope !== undefined) requireWithinScope(event, checksumBytes, scope)
  return true
}

function isAboutAccounts(event: BinlogEvent, checksumBytes: number): boolean {
  return event.type === eventType.query && accountStatement.test(readQuery(event, checksumBytes).text)
}
