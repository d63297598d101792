import type { SlotState } from '@holdfast/connectors/postgresql/wal/slot-watch'
import type { Event } from '@holdfast/core/events/event'

/** What the mark `log/<source>` says of a log that is followed. Times are ISO 8601. */
export interface FollowState {
  readonly at: string
  /** everything committed up to here is durable */
  readonly recoverableUntil?: string
  readonly durable?: string
  /** since when there is a gap that no base backup has closed yet, and how it came about */
  readonly gap?: { readonly at: string; readonly message: string }
  /** transactions that were stored, and that the server which took over has never had */
  readonly lost?: { readonly at: string; readonly message: string; readonly hint: string }
  readonly slot?: SlotState
  /** MySQL: the server drops its log after this, stored or not; absent when it never does */
  readonly expiryMs?: number
  /** why it is not followed at present */
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string }
}

const gapCodes: ReadonlySet<string> = new Set([
  ...['POSTGRES_WAL_GAP', 'POSTGRES_WAL_DAMAGED'],
  ...['MYSQL_BINLOG_GAP', 'MYSQL_BINLOG_BEGAN_ANEW', 'MYSQL_SERVER_BEHIND'],
])
const troubleCodes: ReadonlySet<string> = new Set([
  'POSTGRES_FOLLOWING_INTERRUPTED',
  'MYSQL_FOLLOWING_INTERRUPTED',
  'LOG_STORE_FAILING',
  'LOG_STORE_BEHIND',
])

/** The state after an event; the same object when it says nothing new. */
export function afterEvent(state: FollowState, event: Event, now: Date): FollowState {
  const at = now.toISOString()
  if (event.type === 'log.followed') {
    const { recoverableUntil, durable } = event
    const { error: _passed, ...rest } = state
    return {
      ...rest,
      at,
      ...(recoverableUntil === undefined ? {} : { recoverableUntil }),
      ...(durable === undefined ? {} : { durable }),
    }
  }
  if (event.type !== 'finding.noted') return state
  const { code, message, hint } = event
  if (gapCodes.has(code)) return { ...state, at, gap: { at, message } }
  if (code === 'MYSQL_FAILOVER_LOST_TRANSACTIONS') return { ...state, at, lost: { at, message, hint } }
  return troubleCodes.has(code) ? { ...state, at, error: { code, message, hint } } : state
}

/** A gap is closed by a base backup that was begun after it. */
export function withoutClosedGap(state: FollowState, newestBackup: Date | undefined): FollowState {
  const { gap, ...rest } = state
  return gap !== undefined && newestBackup !== undefined && newestBackup.getTime() > Date.parse(gap.at) ? rest : state
}

/** Undefined for what cannot be read: it is written again soon. */
export function readFollowState(mark: string | undefined): FollowState | undefined {
  try {
    const value: unknown = JSON.parse(mark ?? '')
    const isState = typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'string'
    // boundary: written by this program
    return isState ? (value as FollowState) : undefined
  } catch {
    return undefined
  }
}
