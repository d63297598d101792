import type { Context } from '@holdfast/core/context'
import type { Entry, FileEntry } from '@holdfast/core/entry'
import { AppError } from '@holdfast/core/errors/app-error'
import { connectPostgres } from '../../connection/connect.ts'
import type { BackupManifest } from '../backup-manifest.ts'
import type { BackupRun } from '../backup-run.ts'
import { entryPath, sourceFolder } from '../entry-path.ts'
import { finishManifest } from '../finish-manifest.ts'
import { manifestEntry } from '../manifest-entry.ts'
import { sqlRows } from '../sql-rows.ts'
import { baseBackupCommand } from './base-backup-command.ts'
import { type BaseBackupStart, BaseBackupStream } from './base-backup-stream.ts'
import { ReceivedFiles } from './received-files.ts'
import { compareWithManifest, parseServerManifest, serverManifestName } from './server-manifest.ts'
import { type TarMember, TarReader } from './tar-reader.ts'

/** Files up to this size are handed over whole, so that the engine can take many at once. */
const wholeBytes = 1 << 20

interface Wire {
  readonly run: BackupRun
  readonly stream: BaseBackupStream
  readonly received: ReceivedFiles
  readonly broken: (reason: string) => AppError
}

/**
 * The entries of a BASE_BACKUP: the members of its archives as files, the server's manifest when all that it lists has
 * come unaltered, then manifest.json, handed to `keep` too.
 */
export async function* wireEntries(
  run: BackupRun,
  keep: (manifest: BackupManifest) => void,
  ctx: Context,
): AsyncGenerator<Entry, void, undefined> {
  const { session, options } = run
  const broken = (reason: string): AppError =>
    new AppError('POSTGRES_BACKUP_INCOMPLETE', { host: session.host, reason })
  await using replication = await connectPostgres(run.target, { replication: 'physical' }, ctx)
  await requireSameServer(run, replication, broken, ctx)
  const command = baseBackupCommand(options, replication.versionNumber)
  const stream = new BaseBackupStream(replication.stream(command, ctx), replication.versionNumber, broken)
  try {
    const start = await stream.start()
    await requireAllTablespaces(run, start, broken, ctx)
    run.tally.expect(start.totalBytes)
    const received = new ReceivedFiles(run, start.startLsn)
    yield* backupEntries({ run, stream, received, broken }, start, ctx)
    const { stopLsn, timeline } = await stream.end()
    if (timeline !== start.timeline) throw broken(`the server went from timeline ${start.timeline} to ${timeline}`)
    const manifest = await finishManifest(run, { ...start, stopLsn }, ctx)
    keep(manifest)
    yield manifestEntry(manifest, ctx.now())
  } finally {
    await stream.close()
  }
}

async function* backupEntries(
  wire: Wire,
  start: BaseBackupStart,
  ctx: Context,
): AsyncGenerator<Entry, void, undefined> {
  const { run, stream } = wire
  const rootDirectories = ['', ...start.tablespaces.map(({ oid }) => `pg_tblspc/${oid}`)]
  for (const path of rootDirectories) {
    yield { kind: 'directory', path: entryPath(run.options.source, path), mode: 0o700, modifiedAt: ctx.now() }
  }
  let manifestCame = false
  for (let part = await stream.nextPart(); part !== undefined; part = await stream.nextPart()) {
    if (part.type === 'archive') {
      const folder = part.tablespaceOid === undefined ? '' : `pg_tblspc/${part.tablespaceOid}/`
      yield* archiveEntries(wire, folder, ctx)
    } else {
      manifestCame = true
      yield await serverManifest(wire, ctx)
    }
  }
  if (!manifestCame) throw wire.broken('the server sent no manifest')
}

async function* archiveEntries(wire: Wire, folder: string, ctx: Context): AsyncGenerator<Entry, void, undefined> {
  const { run, stream, received, broken } = wire
  const terminated = run.facts.server.versionNumber >= 150_000
  const tar = new TarReader(() => stream.nextBytes(), { terminated, broken })
  for (let member = await tar.next(); member !== undefined; member = await tar.next()) {
    if (member.path === undefined) {
      await skipUnnamed(wire, tar, folder, member)
      continue
    }
    const path = folder + checkedPath(member.path, broken)
    const { mode, modifiedAt, uid, gid, linkTarget } = member
    const place = { path: entryPath(run.options.source, path), mode, modifiedAt, uid, gid }
    if (member.kind === 'directory') yield { kind: 'directory', ...place }
    else if (member.kind === 'symlink') yield { kind: 'symlink', ...place, linkTarget }
    else if (member.sizeBytes <= wholeBytes)
      yield { kind: 'file', ...place, isPaged: true, content: await whole(wire, tar, path, member.sizeBytes, ctx) }
    else
      yield {
        kind: 'file',
        ...place,
        isPaged: true,
        content: { type: 'stream', chunks: received.pass(tar, path, ctx) },
      }
  }
}

async function whole(
  wire: Wire,
  tar: TarReader,
  path: string,
  sizeBytes: number,
  ctx: Context,
): Promise<FileEntry['content']> {
  const bytes = Buffer.allocUnsafe(sizeBytes)
  let filled = 0
  for await (const piece of wire.received.pass(tar, path, ctx)) {
    bytes.set(piece, filled)
    filled += piece.length
  }
  return { type: 'bytes', bytes }
}

/** Someone put a file into the data directory whose name cannot be written down; PostgreSQL itself makes none such. */
async function skipUnnamed({ run, received }: Wire, tar: TarReader, folder: string, member: TarMember): Promise<void> {
  const name = Buffer.from(member.rawPath).toString('latin1')
  await received.skip(tar, folder, member.rawPath)
  const path = entryPath(run.options.source, folder + name)
  run.tally.addFinding({ path, message: 'left out, because its name is not UTF-8; it is none of PostgreSQL' })
}

/** A server that is not what it seems must not make files elsewhere. */
function checkedPath(path: string, broken: (reason: string) => AppError): string {
  const relative = path.replace(/^(\.\/)+/, '')
  const parts = relative.split('/')
  if (relative.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw broken(`the server sent a file named ${JSON.stringify(path.slice(0, 200))}`)
  }
  return relative
}

async function serverManifest({ run, stream, received, broken }: Wire, ctx: Context): Promise<Entry> {
  const pieces: Uint8Array[] = []
  for (let bytes = await stream.nextBytes(); bytes !== undefined; bytes = await stream.nextBytes()) {
    pieces.push(Uint8Array.from(bytes))
  }
  const bytes = Buffer.concat(pieces)
  const manifest = parseServerManifest(bytes)
  const { systemIdentifier } = run.facts.server
  if (manifest.systemIdentifier !== undefined && manifest.systemIdentifier !== systemIdentifier) {
    throw broken(`its manifest is of the cluster ${manifest.systemIdentifier}`)
  }
  const difference = compareWithManifest(manifest, received.files)
  if (difference !== undefined) throw broken(difference)
  const path = `${sourceFolder(run.options.source)}/${serverManifestName}`
  return { kind: 'file', path, mode: 0o600, modifiedAt: ctx.now(), content: { type: 'bytes', bytes } }
}

/**
 * PostgreSQL 15 leaves out tablespaces that are directories in pg_tblspc (allow_in_place_tablespaces) and says nothing.
 * Those that came or went since the backup began are not missed.
 */
async function requireAllTablespaces(
  { session, facts }: BackupRun,
  { tablespaces }: BaseBackupStart,
  broken: (reason: string) => AppError,
  ctx: Context,
): Promise<void> {
  const now = new Set((await sqlRows(session, 'SELECT oid FROM pg_tablespace', ctx)).map((row) => Number(row('oid'))))
  const sent = new Set(tablespaces.map(({ oid }) => oid))
  const missing = facts.tablespaces.find(({ oid }) => now.has(oid) && !sent.has(oid))
  if (missing !== undefined) {
    throw broken(`this version of the server leaves out the tablespace in ${missing.path}; the direct method takes it`)
  }
}

/** Of several hosts the second connection may have got another one. */
async function requireSameServer(
  { facts, session }: BackupRun,
  replication: Awaited<ReturnType<typeof connectPostgres>>,
  broken: (reason: string) => AppError,
  ctx: Context,
): Promise<void> {
  const [identity] = await replication.query('IDENTIFY_SYSTEM', ctx)
  const found = identity?.rows[0]?.[0] ?? ''
  const expected = facts.server.systemIdentifier
  if (found !== expected) {
    throw new AppError('POSTGRES_OTHER_CLUSTER', { what: replication.host, found, expected })
  }
  if (replication.host !== session.host)
    throw broken(`one session is with ${session.host}, the other with ${replication.host}`)
}
