/** Real PostgreSQL servers for tests: each in a directory of its own, on loopback and a socket there, gone afterwards. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { freePort } from '@holdfast/core/testing/free-ports'
import { connectPostgres } from '../connection/connect.ts'
import { quoteIdentifier, quoteLiteral } from '../connection/quote.ts'
import type { PostgresTarget } from '../connection/target.ts'
import { placeForServers } from '../../testing/place-for-servers.ts'
import { findServerBinaries, type ServerBinaries } from '../server-binaries.ts'
import { copyForStandby } from './copy-for-standby.ts'
import { cachedBinaries } from './cached-binaries.ts'
import { makeCluster } from './new-cluster.ts'
import { type PostgresProcess, startPostgresProcess, type StopMode } from './postgres-process.ts'
import { makeCertificates, type TestCertificates } from './test-certificates.ts'
import { type Account, unprivilegedAccount } from './unprivileged-account.ts'

export interface PostgresRequest {
  /** 13 to 18; default 15, Debian's, which alone has pg_dump, psql and pgbench beside it */
  readonly major?: number
  /** lines of postgresql.conf */
  readonly settings?: Readonly<Record<string, string | number>>
  /** lines of pg_hba.conf below the one that always lets "postgres" in by the socket; default: everybody from loopback */
  readonly hba?: readonly string[]
  /** "--wal-segsize=1", "--locale=…" */
  readonly initdbArguments?: readonly string[]
  /** default true */
  readonly dataChecksums?: boolean
  /** names; their directories lie outside the data directory */
  readonly tablespaces?: readonly string[]
  /** with certificates of an own authority; the digest of their signatures */
  readonly tls?: 'sha256' | 'sha384'
  /** whether commits reach the disk: default false, which is much faster and makes no difference to a killed process */
  readonly fsync?: boolean
}

export interface PostgresServer extends AsyncDisposable {
  readonly major: number
  readonly port: number
  readonly socketDirectory: string
  readonly dataDirectory: string
  readonly binDirectory: string
  /** the postmaster's */
  readonly pid: number
  /** name → directory */
  readonly tablespaces: ReadonlyMap<string, string>
  /** Fails when the server was not asked for with `tls`. */
  readonly certificates: TestCertificates
  /** whom the server runs as; undefined: as the test */
  readonly account: Account | undefined
  /** "postgresql://postgres@127.0.0.1:5433/postgres" */
  url(user?: string, database?: string): string
  /** the superuser over the socket, as a target */
  target(database?: string): PostgresTarget
  /** Runs SQL as the superuser, names without schema looked for as usual; returns the rows of the last result. */
  sql(text: string, database?: string): Promise<readonly (readonly (string | null)[])[]>
  log(): string
  isRunning(): boolean
  start(): Promise<void>
  stop(mode?: StopMode): Promise<void>
  /** SIGKILL to every process of it; the directory stays as it is */
  kill(): Promise<void>
  /** Ends the recovery of a standby, and waits until it can be written to. */
  promote(): Promise<void>
  /** A hot standby of this server that streams from it, with `slot` when that is given (and then made). */
  standby(request?: StandbyRequest): Promise<PostgresServer>
}

export interface StandbyRequest {
  readonly settings?: Readonly<Record<string, string | number>>
  readonly slot?: string
}

/** Fails when this machine has no server of the version: see `hasPostgres`. */
export async function startPostgres(request: PostgresRequest = {}): Promise<PostgresServer> {
  const binaries = await binariesOf(request.major ?? 15)
  const place = makePlace(request.fsync === true ? tmpdir() : placeForServers())
  const { dataDirectory, account } = place
  const checksums =
    (request.dataChecksums ?? true) ? ['--data-checksums'] : binaries.major >= 18 ? ['--no-data-checksums'] : []
  const initdb = binaries.programs.initdb ?? 'initdb'
  const fixed = ['-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C']
  const words = [...fixed, ...checksums, ...(request.initdbArguments ?? [])]
  await makeCluster({ initdb, version: binaries.version, arguments: words, account }, dataDirectory)
  const certificates = request.tls && (await makeCertificates(place.directory, account, request.tls))
  writeConfiguration(dataDirectory, {
    fsync: request.fsync === true ? 'on' : 'off',
    shared_buffers: '32MB',
    jit: 'off',
    ...(certificates && {
      ssl: 'on',
      ssl_ca_file: certificates.root,
      ssl_cert_file: certificates.server.certificate,
      ssl_key_file: certificates.server.key,
    }),
    ...request.settings,
  })
  const hba = request.hba ?? [
    'local all all trust',
    'local replication all trust',
    'host all all 127.0.0.1/32 trust',
    'host replication all 127.0.0.1/32 trust',
  ]
  const admit = ['local all postgres trust', 'local replication postgres trust', ...hba]
  writeFileSync(join(dataDirectory, 'pg_hba.conf'), `${admit.join('\n')}\n`)
  const server = serverAt(place, binaries, await freePort(), certificates)
  await server.start()
  await makeTablespaces(server, place, request.tablespaces ?? [])
  return server
}

/** Whether this machine has a server of the version: Debian's 15, 18 from npm, others where prepare-machine put them. */
export async function hasPostgres(major: number): Promise<boolean> {
  return (await lookForBinaries(major)) !== undefined
}

/** Looked for once in each test file: programs are asked for their version. */
const found = new Map<number, Promise<ServerBinaries | undefined>>()

function lookForBinaries(major: number): Promise<ServerBinaries | undefined> {
  const binaries = found.get(major) ?? findServerBinaries(major, { directories: cachedBinaries(major) }, ['initdb'])
  found.set(major, binaries)
  return binaries
}

async function binariesOf(major: number): Promise<ServerBinaries> {
  const binaries = await lookForBinaries(major)
  if (binaries === undefined) throw new Error(`no PostgreSQL ${major} on this machine: npm run prepare-machine`)
  return binaries
}

interface Place {
  readonly directory: string
  readonly dataDirectory: string
  readonly account: Account | undefined
  readonly tablespaces: Map<string, string>
}

function makePlace(parent: string): Place {
  const account = unprivilegedAccount()
  const directory = mkdtempSync(join(parent, 'holdfast-postgres-'))
  const dataDirectory = join(directory, 'data')
  // The server's account must reach its directory; others need not.
  chmodSync(directory, 0o755)
  mkdirSync(dataDirectory, { mode: 0o700 })
  give(account, directory)
  give(account, dataDirectory)
  return { directory, dataDirectory, account, tablespaces: new Map() }
}

function give(account: Account | undefined, path: string): void {
  if (account !== undefined) chownSync(path, account.uid, account.gid)
}

function writeConfiguration(dataDirectory: string, settings: Readonly<Record<string, string | number>>): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoteLiteral(String(value)).trim()}`)
  writeFileSync(join(dataDirectory, 'postgresql.conf'), `${lines.join('\n')}\n`, { flag: 'a' })
}

async function makeTablespaces(server: PostgresServer, place: Place, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const directory = join(place.directory, `tablespace-${place.tablespaces.size + 1}`)
    mkdirSync(directory, { mode: 0o700 })
    give(place.account, directory)
    place.tablespaces.set(name, directory)
    await server.sql(`CREATE TABLESPACE ${quoteIdentifier(name)} LOCATION ${quoteLiteral(directory)}`)
  }
}

function serverAt(
  place: Place,
  binaries: ServerBinaries,
  port: number,
  certificates: TestCertificates | undefined,
): PostgresServer {
  const { directory, dataDirectory, account, tablespaces } = place
  const logFile = join(directory, 'log')
  let running: PostgresProcess | undefined
  const target = (database = 'postgres'): PostgresTarget => socketTarget(directory, port, database)
  const server: PostgresServer = {
    major: binaries.major,
    port,
    socketDirectory: directory,
    dataDirectory,
    binDirectory: binaries.directory,
    tablespaces,
    account,
    get pid() {
      return running?.pid ?? 0
    },
    get certificates() {
      if (certificates === undefined) throw new Error('a test server without TLS has no certificates')
      return certificates
    },
    url: (user = 'postgres', database = 'postgres') =>
      `postgresql://${encodeURIComponent(user)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    target,
    async sql(text, database) {
      const ctx = quietContext()
      await using connection = await connectPostgres(target(database), { searchPath: 'role' }, ctx)
      return (await connection.query(text, ctx)).at(-1)?.rows ?? []
    },
    log: () => readFileSync(logFile, 'utf8'),
    isRunning: () => running?.isRunning() ?? false,
    async start() {
      if (running?.isRunning() === true) return
      const address = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${directory}`]
      // tests kill servers, which then leave in /dev/shm what they had there
      const settings = [...address, 'dynamic_shared_memory_type=mmap']
      running = await startPostgresProcess({
        program: binaries.postgres,
        dataDirectory,
        arguments: settings.flatMap((setting) => ['-c', setting]),
        logFile,
        account,
      })
    },
    stop: async (mode = 'fast') => running?.stop(mode),
    kill: async () => running?.kill(),
    async promote() {
      await server.sql('SELECT pg_promote(true, 60)')
    },
    async standby(request = {}) {
      const copy = makePlace(dirname(directory))
      if (request.slot !== undefined) {
        await server.sql(`SELECT pg_create_physical_replication_slot(${quoteLiteral(request.slot)}, true)`)
      }
      await copyForStandby(server, copy)
      writeConfiguration(copy.dataDirectory, {
        primary_conninfo: `host=${directory} port=${port} user=postgres`,
        ...(request.slot === undefined ? {} : { primary_slot_name: request.slot }),
        ...request.settings,
      })
      const standby = serverAt(copy, binaries, await freePort(), certificates)
      await standby.start()
      return standby
    },
    async [Symbol.asyncDispose]() {
      await running?.stop('immediate')
      await rm(directory, { recursive: true, force: true })
    },
  }
  return server
}

function socketTarget(directory: string, port: number, database: string): PostgresTarget {
  return {
    hosts: [{ host: directory, port }],
    user: 'postgres',
    database,
    passwordInText: false,
    passwordLines: [],
    tls: { mode: 'disable', negotiation: 'postgres', sendsServerName: true, minimumVersion: 'TLSv1.2' },
    channelBinding: 'prefer',
    sessionWanted: 'any',
    connectTimeoutMs: 60_000,
  }
}
