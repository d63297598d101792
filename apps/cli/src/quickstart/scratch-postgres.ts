import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import type { PostgresConnection } from '@holdfast/connectors/postgresql/connection/connection'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import { unprivilegedIdentity } from '@holdfast/connectors/postgresql/server/run-as'
import { startServerProcess } from '@holdfast/connectors/postgresql/server/server-process'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { waitUntilReady } from '@holdfast/connectors/postgresql/server/wait-until-ready'
import type { Context } from '@holdfast/core/context'
import type { PostgresPrograms } from './postgres-programs.ts'

/** A PostgreSQL server that nobody else reaches, with nothing in it; ended when disposed of. */
export interface ScratchPostgres extends AsyncDisposable {
  readonly target: PostgresTarget
  connect(database: string, ctx: Context): Promise<PostgresConnection>
}

const superuser = 'postgres'
/** Of no database that is kept: thrown away within a minute. Times of commits are what the proof is held against. */
const settings = {
  fsync: 'off',
  jit: 'off',
  // in its own directory, not in /dev/shm, where it stays when the server is killed
  dynamic_shared_memory_type: 'mmap',
  listen_addresses: '',
  log_destination: 'stderr',
  logging_collector: 'off',
  shared_buffers: '64MB',
  track_commit_timestamp: 'on',
}

/** Makes a cluster in a new folder of `directory`, which the server's user must be able to pass, and starts it. */
export async function startScratchPostgres(
  programs: PostgresPrograms,
  directory: string,
  ctx: Context,
): Promise<ScratchPostgres> {
  await using undo = new AsyncDisposableStack()
  const dataDirectory = join(directory, 'data')
  // not below `directory`, whose path may be too long for a socket
  const socketDirectory = await mkdtemp('/tmp/holdfast-socket-')
  undo.defer(() => rm(socketDirectory, { recursive: true, force: true }))
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 })
  const identity = unprivilegedIdentity()
  if (identity !== undefined) {
    await chmod(directory, 0o711)
    for (const each of [dataDirectory, socketDirectory]) await chown(each, identity.uid, identity.gid)
  }
  const initdb = ['-D', dataDirectory, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' }
  await promisify(execFile)(programs.initdb, [...initdb, '--data-checksums'], {
    cwd: dataDirectory,
    env: environment,
    ...identity,
  })
  const server = await startServerProcess(
    {
      program: programs.postgres,
      dataDirectory,
      settings: { ...settings, unix_socket_directories: socketDirectory },
      logFile: join(directory, 'server.log'),
      ...(identity === undefined ? {} : { identity }),
    },
    ctx,
  )
  undo.defer(() => server.stop('immediate'))
  const target = socketTarget(socketDirectory, superuser)
  const connect: ScratchPostgres['connect'] = (database, own) =>
    connectPostgres(target, { database, searchPath: 'role' }, own)
  await waitUntilReady(server, () => connect('postgres', ctx), ctx)
  const owned = undo.move()
  return { target, connect, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
