import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { connectPostgres } from '../connection/connect.ts'
import { findServerBinaries } from '../server-binaries.ts'
import { requireReachable, serverIdentityFor } from './run-as.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { socketTarget } from './socket-target.ts'
import { startFailure } from './start-failure.ts'

const lookEveryMs = 50

export interface RestoredServerStart {
  readonly dataDirectory: string
  /** other directories of the cluster: its tablespaces, and the WAL to recover with */
  readonly otherDirectories: readonly string[]
  readonly major: number
  readonly port: number
  /** of the server's socket; must be writable for whoever the server runs as */
  readonly socketDirectory: string
  /** directories with server programs, looked at first, and the value of PATH */
  readonly binaries: { readonly directories: readonly string[]; readonly path: string }
}

export interface RestoredServer {
  readonly pid: number
  readonly logFile: string
  /** until it had reached its target and accepted connections */
  readonly readyMs: number
}

/**
 * Starts a server on a restored data directory and waits until it has reached its target and accepts connections. It
 * listens on loopback with the access rules that were restored, and keeps running when this process ends. It archives
 * nothing: the original's archive must not receive two histories. Fails with POSTGRES_BINARIES_MISSING,
 * TARGET_UNUSABLE and POSTGRES_START_FAILED; the server is then ended.
 */
export async function startRestoredServer(start: RestoredServerStart, ctx: Context): Promise<RestoredServer> {
  const { dataDirectory, socketDirectory, port, major } = start
  const startedAt = ctx.now().getTime()
  const binaries = await findServerBinaries(major, start.binaries)
  if (binaries === undefined) throw new AppError('POSTGRES_BINARIES_MISSING', { major })
  const logFile = `${dataDirectory}.log`
  const identity = serverIdentityFor(dataDirectory)
  if (identity !== undefined) {
    for (const place of [dataDirectory, ...start.otherDirectories]) requireReachable(place, identity)
  }
  const settings = {
    listen_addresses: 'localhost',
    port: String(port),
    unix_socket_directories: socketDirectory,
    archive_mode: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
  }
  const given = { program: binaries.postgres, dataDirectory, settings, logFile }
  const server = await startServerProcess({ ...given, ...(identity === undefined ? {} : { identity }) }, ctx)
  try {
    while (!(await hasReachedTarget(server)) || !(await acceptsConnections(socketDirectory, port, ctx))) {
      if (server.exit() !== undefined) throw startFailure(server)
      await setTimeout(lookEveryMs, undefined, { signal: ctx.signal })
    }
    return { pid: server.pid, logFile, readyMs: ctx.now().getTime() - startedAt }
  } catch (error) {
    await server.stop('fast')
    throw error
  }
}

/**
 * When it takes writes, the server says "ready" in the last line of its lock file, and not before: its signal is gone while it
 * still is read-only. Told to pause instead, it says so in its log. Source: src/include/utils/pidfile.h.
 */
async function hasReachedTarget({ dataDirectory, logTail }: ServerProcess): Promise<boolean> {
  if (/pausing at the end of recovery|recovery has paused/.test(logTail())) return true
  const lines = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return lines[7]?.trim() === 'ready'
}

/** Who may log in is the restored cluster's business: a refusal is an answer of a server that is up. */
async function acceptsConnections(socketDirectory: string, port: number, ctx: Context): Promise<boolean> {
  try {
    const connection = await connectPostgres(
      socketTarget(socketDirectory, 'postgres', port),
      { database: 'postgres' },
      ctx,
    )
    await connection[Symbol.asyncDispose]()
    return true
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return !error.retryable
  }
}
