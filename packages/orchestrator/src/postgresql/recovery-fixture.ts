/** A repository in a temporary directory, and what backups and logs of tests are written with. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { placeForServers } from '@holdfast/connectors/testing/place-for-servers'
import { followWal } from '@holdfast/connectors/postgresql/wal/follower'
import type { PostgresServer } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { initRepository } from '@holdfast/repository/open/init-repository'
import type { Repository } from '@holdfast/repository/repository'
import { parseLocation } from '@holdfast/storage/location'
import { openBackend } from '@holdfast/storage/open-backend'
import { createRepositoryLogSink } from '../log/repository-log-sink.ts'
import type { SaveSettings } from '../save-settings.ts'
import { backupPostgres } from './backup-postgres.ts'
import { provePostgres, type ProofRequest } from './prove.ts'

const source = 'shop'

export const saveSettings: SaveSettings = {
  identity: { hostname: 'db1', username: 'backup', uid: 0, gid: 0 },
  programVersion: 'holdfast test',
  compression: 'auto',
  packBytes: 16 << 20,
  workers: 2,
  verbose: false,
}

export interface RecoveryPlace extends AsyncDisposable {
  /** for what else a test needs space for */
  readonly directory: string
  readonly repository: Repository
}

export async function openRecoveryPlace(): Promise<RecoveryPlace> {
  const directory = mkdtempSync(join(placeForServers(), 'holdfast-recovery-'))
  // scratch servers run as another user when the test is root
  chmodSync(directory, 0o755)
  const ctx = quietContext()
  const backend = await openBackend(parseLocation(join(directory, 'repository')), {}, ctx)
  const repository = await initRepository(
    backend,
    'password',
    { identity: { username: 'backup', hostname: 'db1' }, cost: { N: 2, r: 1, p: 1 } },
    ctx,
  )
  return {
    directory,
    repository,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

export async function backUp(
  { repository }: RecoveryPlace,
  server: PostgresServer,
  method: 'wire' | 'direct' = 'wire',
) {
  const options = { source, method, checkpoint: 'fast', verifyPages: true, label: 'test', toolVersion: '0' } as const
  return await backupPostgres([repository], server.target(), options, { ...saveSettings, tags: [] }, quietContext())
}

export interface RunningFollower {
  /** Ends the following; everything that has come is durable then. */
  stop(): Promise<void>
}

export function follow({ repository }: RecoveryPlace, server: PostgresServer): RunningFollower {
  const controller = new AbortController()
  const ctx = quietContext({ signal: controller.signal })
  const { workers, verbose: _verbose, ...settings } = saveSettings
  const sink = createRepositoryLogSink([repository], {
    source,
    settings: { ...settings, workers },
    lock: { identity: { hostname: 'test', username: 'backup', pid: process.pid } },
  })
  const done = followWal(server.target(), { slot: 'holdfast', sink, flushEveryMs: 200, watchEveryMs: 0 }, ctx)
  // a failure is met by whoever stops it
  done.catch(() => {})
  return {
    async stop() {
      controller.abort()
      await done
      await sink[Symbol.asyncDispose]()
    },
  }
}

export async function prove(
  { repository, directory }: RecoveryPlace,
  server: PostgresServer,
  target: ProofRequest['target'],
  expectation: Partial<ProofRequest['expectation']> = {},
) {
  return await provePostgres(
    repository,
    {
      source,
      target,
      targetText: target.stop.type,
      expectation: { assertions: [], relations: [], unique: [], ...expectation },
      binaries: { directories: [server.binDirectory], path: '' },
      sandboxParent: directory,
      workers: 2,
    },
    quietContext(),
  )
}
