import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { connectPostgres } from '../connection/connect.ts'
import { quoteLiteral } from '../connection/quote.ts'
import type { PostgresTarget } from '../connection/target.ts'
import type { FindingBoard } from './finding-board.ts'

export interface SlotState {
  readonly walStatus: string
  /** how much more may be written before the slot is given up; undefined: without limit */
  readonly safeBytes: number | undefined
  /** how much WAL the server keeps because of the slot */
  readonly keptBytes: number
}

/** pg_wal_lsn_diff is numeric and text here; both fit a number. */
const query = (slot: string): string => `
  SELECT wal_status, safe_wal_size,
    pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END, restart_lsn)
  FROM pg_replication_slots WHERE slot_name = ${quoteLiteral(slot)}`

/** Looks at the slot through an ordinary session; undefined when it is not there. */
export async function readSlotState(
  target: PostgresTarget,
  slot: string,
  ctx: Context,
): Promise<SlotState | undefined> {
  const database = target.database ?? 'postgres'
  await using connection = await connectPostgres(target, { database, applicationName: 'holdfast watch' }, ctx)
  const [result] = await connection.query(query(slot), ctx)
  const [walStatus, safeBytes, keptBytes] = result?.rows[0] ?? []
  if (walStatus === undefined) return undefined
  return {
    walStatus: walStatus ?? 'lost',
    safeBytes: safeBytes === null || safeBytes === undefined ? undefined : Number(safeBytes),
    keptBytes: Number(keptBytes ?? 0),
  }
}

/** More than this kept for us, on a server without a limit, is a danger to its disk. */
const muchKeptBytes = 4 * 1024 ** 3
/** Less than this left is a danger to the log. */
const littleLeftBytes = 512 * 1024 ** 2

/** Turns a slot's state into findings. Source: PostgreSQL documentation, "pg_replication_slots". */
export function noteSlotState(slot: string, state: SlotState, findings: FindingBoard, ctx: Context): void {
  const { walStatus, safeBytes, keptBytes } = state
  const kept = formatSize(keptBytes)
  if (walStatus === 'lost' || walStatus === 'unreserved') {
    const message = `the server is about to give up the replication slot ${slot}, or has: wal_status is ${walStatus}`
    const hint = 'Raise max_slot_wal_keep_size, and find out why the repository or the network is too slow.'
    findings.note({ code: 'POSTGRES_SLOT_ENDANGERED', message, hint }, ctx)
  } else if (safeBytes !== undefined && safeBytes < littleLeftBytes) {
    const message = `only ${formatSize(Math.max(0, safeBytes))} more can be written before the server gives up the replication slot ${slot}`
    const hint = 'Raise max_slot_wal_keep_size, and find out why the repository or the network is too slow.'
    findings.note({ code: 'POSTGRES_SLOT_ENDANGERED', message, hint }, ctx, 'little left')
  } else findings.passed('POSTGRES_SLOT_ENDANGERED')
  if (safeBytes === undefined && keptBytes > muchKeptBytes) {
    const message = `the server keeps ${kept} of WAL for the replication slot ${slot}, without a limit`
    const hint =
      'Watch its disk. A limit is set with max_slot_wal_keep_size; beyond it the log has a gap, but the server lives.'
    // Told again when it has doubled.
    findings.note({ code: 'POSTGRES_DISK_ENDANGERED', message, hint }, ctx, String(Math.floor(Math.log2(keptBytes))))
  } else findings.passed('POSTGRES_DISK_ENDANGERED')
}

/** Looks once and notes what it sees. That it may not look is a finding of its own; a server that is away is not. */
export async function watchSlot(
  target: PostgresTarget,
  slot: string,
  findings: FindingBoard,
  ctx: Context,
): Promise<void> {
  try {
    const state = await readSlotState(target, slot, ctx)
    if (state !== undefined) noteSlotState(slot, state, findings, ctx)
    findings.passed('POSTGRES_SLOT_UNWATCHED')
  } catch (error) {
    if (!isAppError(error)) throw error
    if (error.retryable || error.code === 'INTERRUPTED') return
    const message = `whether the server keeps too much WAL for the slot ${slot} cannot be watched: ${error.message}`
    findings.note({ code: 'POSTGRES_SLOT_UNWATCHED', message, hint: error.hint }, ctx)
  }
}
