import { setTimeout as pause } from 'node:timers/promises'
import type { PostgresServer } from './postgres-server.ts'

const patienceMs = 120_000

/**
 * Waits until somebody who streams from the server says that everything has arrived that is written by now: who follows and
 * is told to stop keeps what has come.
 */
export async function untilReceived(server: PostgresServer): Promise<void> {
  const [[end = ''] = []] = await server.sql('SELECT pg_current_wal_flush_lsn()')
  const received = `SELECT coalesce(bool_or(write_lsn >= '${end}'), false) FROM pg_stat_replication`
  for (const endMs = Date.now() + patienceMs; (await server.sql(received))[0]?.[0] !== 't'; await pause(50)) {
    if (Date.now() > endMs) throw new Error(`nobody has received the WAL up to ${end}`)
  }
}
