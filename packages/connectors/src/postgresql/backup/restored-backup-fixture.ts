/** A place to put the entries of a backup, as a restore would, and a server on what came. Only for tests. */
import { chownSync, closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { chmodSync, lstatSync, readSync, symlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Entry, EntryContent, Inspector } from '@holdfast/core/entry'
import { freePort } from '@holdfast/core/testing/free-ports'
import { connectPostgres } from '../connection/connect.ts'
import { placeForServers } from '../../testing/place-for-servers.ts'
import type { PostgresServer } from '../testing/postgres-server.ts'
import { startPostgresProcess } from '../testing/postgres-process.ts'
import type { PhysicalBackup } from './physical-backup.ts'

export interface RestoredBackup extends AsyncDisposable {
  /** holds data/, tablespaces/, manifest.json … */
  readonly directory: string
  readonly dataDirectory: string
  /** entries' paths in the order in which they came, "settle" among them */
  readonly order: readonly string[]
  /** Starts a server like the one that was backed up; its recovery is over when this returns. */
  start(): Promise<RestoredServer>
}

export interface RestoredServer {
  sql(text: string, database?: string): Promise<readonly (readonly (string | null)[])[]>
  stop(): Promise<void>
}

/** Parts of odd sizes, as a chunker that cuts by content makes them. */
const inspectedBytes = 1_000_003

/** Reads local files and what a page inspector says of them the way the engine does: at the latest when told to settle. */
export async function restoreBackup(backup: PhysicalBackup, server: PostgresServer): Promise<RestoredBackup> {
  const root = mkdtempSync(join(placeForServers(), 'holdfast-restored-'))
  chmodSync(root, 0o755)
  const order: string[] = []
  const inspector = await inspectorOf(backup)
  const waiting: (() => void)[] = []
  try {
    for await (const entry of backup.entries) {
      order.push(entry.kind === 'settle' ? 'settle' : entry.path)
      if (entry.kind === 'settle') for (const read of waiting.splice(0)) read()
      else if (entry.kind === 'file' && entry.content.type === 'local') {
        const { content } = entry
        waiting.push(() => copyLocal(content.path, entry.path, root, backup, inspector))
      } else await put(entry, root)
    }
    for (const read of waiting) read()
  } catch (error) {
    rmSync(root, { recursive: true, force: true })
    throw error
  }
  const [source = ''] = readdirSync(join(root, 'postgresql'))
  const directory = join(root, 'postgresql', source)
  return placeAt(root, directory, order, server)
}

async function inspectorOf({ inspector }: PhysicalBackup): Promise<Inspector | undefined> {
  if (inspector === undefined) return undefined
  const module: { createInspector(options: unknown): Inspector } = await import(inspector.module)
  return module.createInspector(structuredClone(inspector.options))
}

async function put(entry: Exclude<Entry, { kind: 'settle' }>, root: string): Promise<void> {
  const path = join(root, entry.path)
  mkdirSync(dirname(path), { recursive: true })
  if (entry.kind === 'directory') mkdirSync(path, { recursive: true, mode: entry.mode })
  else if (entry.kind === 'symlink') symlinkSync(entry.linkTarget, path)
  else {
    await write(path, entry.content)
    utimesSync(path, entry.modifiedAt, entry.modifiedAt)
  }
}

async function write(path: string, content: EntryContent): Promise<void> {
  if (content.type === 'bytes') return writeFileSync(path, content.bytes, { flag: 'wx' })
  if (content.type !== 'stream') throw new Error(`content of type ${content.type} is not written`)
  const descriptor = openSync(path, 'wx')
  for await (const bytes of content.chunks) writeSync(descriptor, bytes)
  closeSync(descriptor)
}

function copyLocal(
  from: string,
  entryPath: string,
  root: string,
  backup: PhysicalBackup,
  inspector: Inspector | undefined,
): void {
  const target = join(root, entryPath)
  mkdirSync(dirname(target), { recursive: true })
  let source: number
  try {
    source = openSync(from, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  const descriptor = openSync(target, 'wx')
  const buffer = new Uint8Array(inspectedBytes)
  for (let offset = 0; ;) {
    const count = readSync(source, buffer, 0, buffer.length, offset)
    if (count === 0) break
    const part = buffer.subarray(0, count)
    writeSync(descriptor, part)
    const messages = inspector?.inspect(part, offset, { path: entryPath, descriptor: source }) ?? []
    if (messages.length > 0) backup.onInspected(entryPath, messages)
    offset += count
  }
  closeSync(source)
  closeSync(descriptor)
}

function placeAt(root: string, directory: string, order: readonly string[], server: PostgresServer): RestoredBackup {
  const dataDirectory = join(directory, 'data')
  const running: RestoredServer[] = []
  return {
    directory,
    dataDirectory,
    order,
    async start() {
      linkTablespaces(directory)
      give(directory, server)
      const started = await startOn(dataDirectory, root, server)
      running.push(started)
      return started
    },
    async [Symbol.asyncDispose]() {
      for (const started of running) await started.stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** The server makes its links from tablespace_map when it finds one. */
function linkTablespaces(directory: string): void {
  const map = join(directory, 'data/tablespace_map')
  if (!readdirSync(join(directory, 'data')).includes('tablespace_map')) return
  const lines = readFileSync(map, 'utf8').replaceAll(/^(\d+) .*$/gm, (_line, oid: string) => {
    return `${oid} ${join(directory, 'tablespaces', oid)}`
  })
  writeFileSync(map, lines)
}

/** Everything to the user the server runs as, directories closed to others as PostgreSQL demands. */
function give(path: string, server: PostgresServer): void {
  const facts = lstatSync(path)
  if (facts.isDirectory()) {
    chmodSync(path, 0o700)
    for (const name of readdirSync(path)) give(join(path, name), server)
  }
  if (server.account !== undefined && !facts.isSymbolicLink()) chownSync(path, server.account.uid, server.account.gid)
}

async function startOn(dataDirectory: string, root: string, server: PostgresServer): Promise<RestoredServer> {
  chmodSync(join(root, 'postgresql'), 0o755)
  const sockets = mkdtempSync(join(tmpdir(), 'holdfast-sockets-'))
  chmodSync(sockets, 0o777)
  const port = await freePort()
  const settings = ['listen_addresses=', `port=${port}`, `unix_socket_directories=${sockets}`, 'log_min_messages=info']
  const running = await startPostgresProcess({
    program: join(server.binDirectory, 'postgres'),
    dataDirectory,
    arguments: settings.flatMap((setting) => ['-c', setting]),
    logFile: join(sockets, 'log'),
    account: server.account,
  })
  return {
    async sql(text, database = 'postgres') {
      const ctx = quietContext()
      const target = { ...server.target(database), hosts: [{ host: sockets, port }] }
      await using connection = await connectPostgres(target, { searchPath: 'role' }, ctx)
      return (await connection.query(text, ctx)).at(-1)?.rows ?? []
    },
    async stop() {
      await running.stop('immediate')
      rmSync(sockets, { recursive: true, force: true })
    },
  }
}
