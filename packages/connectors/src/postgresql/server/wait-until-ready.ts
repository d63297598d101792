import { setTimeout } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { PostgresConnection } from '../connection/connection.ts'
import type { ServerProcess } from './server-process.ts'
import { startFailure } from './start-failure.ts'

const askEveryMs = 50

/** How a server came up. */
export interface ReadyServer {
  /** text as PostgreSQL prints it; null when nothing was replayed that has a time */
  readonly lastReplayedAt: string | null
  readonly inRecovery: boolean
  /** until it accepted connections to look, while it may still have replayed */
  readonly startMs: number
  /** from there until it had reached its target */
  readonly replayMs: number
}

/**
 * Waits until a server has replayed what it was told to: until it is promoted, or pauses at its target. A server that
 * ends meanwhile fails with POSTGRES_START_FAILED, which carries what it said last.
 */
export async function waitUntilReady(
  server: ServerProcess,
  connect: () => Promise<PostgresConnection>,
  ctx: Context,
): Promise<ReadyServer> {
  const begunAt = ctx.now().getTime()
  await using connection = await connectWhenUp(server, connect, ctx)
  const upAt = ctx.now().getTime()
  for (;;) {
    const [result] = await connection.query(
      `SELECT pg_is_in_recovery(), CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END,
              pg_last_xact_replay_timestamp(), pg_last_wal_replay_lsn()`,
      ctx,
    )
    const [recovering, paused, lastReplayedAt = null, lsn] = result?.rows[0] ?? []
    if (recovering === 'f' || paused === 't') {
      const replayMs = ctx.now().getTime() - upAt
      return { lastReplayedAt, inRecovery: recovering === 't', startMs: upAt - begunAt, replayMs }
    }
    ctx.emit({ type: 'message.noted', level: 'info', message: `replaying WAL: at ${lsn}` })
    await pause(server, ctx)
  }
}

async function connectWhenUp(
  server: ServerProcess,
  connect: () => Promise<PostgresConnection>,
  ctx: Context,
): Promise<PostgresConnection> {
  for (;;) {
    try {
      return await connect()
    } catch (error) {
      // not listening yet, or still recovering to a consistent state
      if (!isAppError(error) || !error.retryable) throw error
    }
    await pause(server, ctx)
  }
}

async function pause(server: ServerProcess, ctx: Context): Promise<void> {
  if (server.exit() !== undefined) throw startFailure(server)
  await setTimeout(askEveryMs, undefined, { signal: ctx.signal })
}
