import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from '../connection/connection.ts'
import { quoteIdentifier } from '../connection/quote.ts'
import { sqlStateOf } from '../connection/server-error.ts'
import { type Lsn, parseLsn } from './lsn.ts'

export interface ReadySlot {
  /** it was not there, or was of no use any more, and was made now */
  readonly isNew: boolean
  /** WAL from here on is kept; undefined when the server does not tell (14 and older) */
  readonly restartLsn: Lsn | undefined
}

const duplicateObject = '42710'

export function assertSlotName(slot: string): void {
  if (/^[a-z0-9_]{1,63}$/.test(slot)) return
  const reason = 'at most 63 lower-case letters, digits and underscores make a name'
  throw new AppError('ARGUMENT_INVALID', { name: '--slot', value: slot, reason })
}

/**
 * Makes sure that the physical slot is there and keeps WAL. One that the server has given up (max_slot_wal_keep_size,
 * idle_replication_slot_timeout) keeps none and is made anew. `connection`: a replication session.
 */
export async function readySlot(connection: PostgresConnection, slot: string, ctx: Context): Promise<ReadySlot> {
  const known = await readSlot(connection, slot, ctx)
  if (known?.restartLsn !== undefined) return { isNew: false, restartLsn: known.restartLsn }
  if (known !== undefined) await dropSlot(connection, slot, ctx)
  const isNew = await createSlot(connection, slot, ctx)
  const made = await readSlot(connection, slot, ctx)
  return { isNew, restartLsn: made?.restartLsn }
}

async function dropSlot(connection: PostgresConnection, slot: string, ctx: Context): Promise<void> {
  await connection.query(`DROP_REPLICATION_SLOT ${quoteIdentifier(slot)}`, ctx)
}

/** False when it is there already. The syntax is that of 14 and older, which newer servers take as well. */
async function createSlot(connection: PostgresConnection, slot: string, ctx: Context): Promise<boolean> {
  try {
    await connection.query(`CREATE_REPLICATION_SLOT ${quoteIdentifier(slot)} PHYSICAL RESERVE_WAL`, ctx)
    return true
  } catch (error) {
    if (sqlStateOf(error) === duplicateObject) return false
    throw error
  }
}

/** undefined when there is no such slot, or (14 and older) no way to ask in a replication session. */
async function readSlot(
  connection: PostgresConnection,
  slot: string,
  ctx: Context,
): Promise<{ restartLsn: Lsn | undefined } | undefined> {
  if (connection.versionNumber < 150_000) return undefined
  const [result] = await readOrRefuse(connection, slot, ctx)
  const [type, restartLsn] = result?.rows[0] ?? []
  if (type === null || type === undefined) return undefined
  return { restartLsn: parseLsn(restartLsn ?? '') }
}

async function readOrRefuse(connection: PostgresConnection, slot: string, ctx: Context) {
  try {
    return await connection.query(`READ_REPLICATION_SLOT ${quoteIdentifier(slot)}`, ctx)
  } catch (error) {
    // Refused for logical slots only.
    if (sqlStateOf(error) === undefined || !/logical/i.test(String(error))) throw error
    throw slotUnusable(connection, slot, 'it is a logical one', error)
  }
}

function slotUnusable(connection: PostgresConnection, slot: string, reason: string, cause: unknown): AppError {
  return new AppError('POSTGRES_SLOT_UNUSABLE', { slot, host: connection.host, reason }, { cause })
}
