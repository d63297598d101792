import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
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
 * Looks whether a server can be started later, before hours go into a restore. Fails with POSTGRES_BINARIES_MISSING, and with
 * ARGUMENT_INVALID for a port that somebody else listens on.
 */
export async function requireStartable({
  major,
  binaries,
  port,
}: Pick<RestoredServerStart, 'binaries' | 'major' | 'port'>): Promise<void> {
  if ((await findServerBinaries(major, binaries)) === undefined) {
    throw new AppError('POSTGRES_BINARIES_MISSING', { major })
  }
  const listener = createServer()
  const error = await new Promise<NodeJS.ErrnoException | undefined>((done) => {
    listener.once('error', done)
    listener.listen(port, '127.0.0.1', () => done(undefined))
  })
  await new Promise((done) => listener.close(done))
  if (error === undefined) return
  const reason = error.code === 'EADDRINUSE' ? 'somebody else listens on it' : error.message
  throw new AppError('ARGUMENT_INVALID', { name: '--port', value: String(port), reason })
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
    while (!(await isReady(server, start, ctx))) {
      if (server.exit() !== undefined) throw startFailure(server)
      await setTimeout(lookEveryMs, undefined, { signal: ctx.signal })
    }
    return { pid: server.pid, logFile, readyMs: ctx.now().getTime() - startedAt }
  } catch (error) {
    await server.stop('fast')
    throw error
  }
}

/** Told to pause at its target, the server says so in its log. Otherwise it takes writes in the end, and not before. */
async function isReady(server: ServerProcess, { socketDirectory, port }: RestoredServerStart, ctx: Context) {
  const log = server.logTail()
  const isPaused = /pausing at the end of recovery|recovery has paused/.test(log)
  if (!isPaused && (await isThere(join(server.dataDirectory, 'recovery.signal')))) return false
  const isRecovering = await askRecovering(socketDirectory, port, ctx)
  if (isRecovering === 'refused') {
    // who may log in is the restored cluster's business; one that writes no such lines cannot be asked at all
    return isPaused || /system is ready to accept connections/.test(log) || !/LOG: /.test(log)
  }
  return isRecovering === 'no' || (isPaused && isRecovering === 'yes')
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

/** It goes on being read-only for a while after its signal has gone. */
async function askRecovering(
  socketDirectory: string,
  port: number,
  ctx: Context,
): Promise<'yes' | 'no' | 'refused' | 'not yet'> {
  try {
    const target = socketTarget(socketDirectory, 'postgres', port)
    await using connection = await connectPostgres(target, { database: 'postgres' }, ctx)
    const [result] = await connection.query('SELECT pg_is_in_recovery()', ctx)
    return result?.rows[0]?.[0] === 'f' ? 'no' : 'yes'
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return error.retryable ? 'not yet' : 'refused'
  }
}
