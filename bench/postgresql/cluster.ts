import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { unprivilegedIdentity } from '@holdfast/connectors/postgresql/server/run-as'
import { findServerBinaries } from '@holdfast/connectors/postgresql/server-binaries'
import { runAs, startPostgresProcess } from '@holdfast/connectors/postgresql/testing/postgres-process'
import { quietContext } from '@holdfast/core/context'

/** The cluster that is backed up. */
export interface Cluster extends AsyncDisposable {
  readonly dataDirectory: string
  readonly socketDirectory: string
  readonly port: number
  readonly binDirectory: string
  readonly serverVersion: string
  sql(text: string): Promise<readonly (readonly (string | null)[])[]>
}

const superuser = 'postgres'
/** Commits need not reach the disk, which is not what is measured; checkpoints come when the benchmark wants them. */
const settings = {
  listen_addresses: '',
  fsync: 'off',
  jit: 'off',
  shared_buffers: '512MB',
  maintenance_work_mem: '512MB',
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
  autovacuum: 'off',
  archive_mode: 'off',
}

/**
 * Starts the cluster in `directory`; makes it when it is not there: pgbench's tables, 100 000 accounts and about 15 MB
 * for each of `scale`, with data checksums. Needs Debian's PostgreSQL 15, which has pgbench.
 */
export async function openCluster(directory: string, scale: number): Promise<Cluster> {
  const binaries = await findServerBinaries(15, {}, ['initdb', 'pgbench'])
  const { initdb, pgbench } = binaries?.programs ?? {}
  if (binaries === undefined || initdb === undefined || pgbench === undefined) {
    throw new Error('needs PostgreSQL 15 with pgbench: apt-get install postgresql-15')
  }
  const account = unprivilegedIdentity()
  const dataDirectory = join(directory, 'data')
  const port = 5599
  const isNew = !existsSync(join(dataDirectory, 'PG_VERSION'))
  if (isNew) {
    mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
    for (const each of [directory, dataDirectory]) {
      if (account !== undefined) chownSync(each, account.uid, account.gid)
    }
    const arguments_ = ['-D', dataDirectory, '-U', superuser, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
    await runAs(account, initdb, [...arguments_, '--data-checksums'], { cwd: directory })
  }
  const lines = Object.entries({ ...settings, port, unix_socket_directories: directory })
  writeFileSync(join(dataDirectory, 'postgresql.conf'), lines.map(([name, value]) => `${name} = '${value}'\n`).join(''))
  const server = await startPostgresProcess({
    program: binaries.postgres,
    dataDirectory,
    arguments: [],
    logFile: join(directory, 'log'),
    account,
  })
  if (isNew) {
    const pgbenchArguments = ['-h', directory, '-p', String(port), '-U', superuser, '-i', '-q', '-s', String(scale)]
    await runAs(account, pgbench, [...pgbenchArguments, 'postgres'], { cwd: directory })
  }
  const ctx = quietContext()
  return {
    dataDirectory,
    socketDirectory: directory,
    port,
    binDirectory: binaries.directory,
    serverVersion: binaries.version,
    async sql(text) {
      const target = socketTarget(directory, superuser, port)
      await using connection = await connectPostgres(target, { database: 'postgres', searchPath: 'role' }, ctx)
      return (await connection.query(text, ctx)).at(-1)?.rows ?? []
    },
    [Symbol.asyncDispose]: () => server.stop('fast'),
  }
}
