import { randomBytes } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from '../connection/connection.ts'

/**
 * Keeps WAL from now on as long as the session lives, by a temporary replication slot. Without a free slot or the privilege
 * the backup goes on: whether its WAL is complete is checked at its end anyway. Without slots a server keeps
 * wal_keep_size and what lies since the checkpoint before the last.
 */
export async function holdWal(connection: PostgresConnection, ctx: Context): Promise<void> {
  const name = `holdfast_backup_${randomBytes(6).toString('hex')}`
  try {
    await connection.query(`SELECT pg_create_physical_replication_slot('${name}', true, true)`, ctx)
  } catch (error) {
    const isRefusal =
      isAppError(error, 'POSTGRES_SLOTS_EXHAUSTED') ||
      isAppError(error, 'POSTGRES_PRIVILEGE_MISSING') ||
      isAppError(error, 'POSTGRES_QUERY_FAILED')
    if (!isRefusal) throw error
    const message = `WAL is not held while the backup runs: ${error.message}`
    ctx.emit({ type: 'message.noted', level: 'warning', message })
  }
}
