import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Entry } from '@holdfast/core/entry'
import type { BackupRun } from '../backup-run.ts'
import { entryPath } from '../entry-path.ts'
import { isMissing, reading } from './read-data.ts'
import type { DataDirectory } from './require-data-directory.ts'
import { emptiedDirectories, keptNames } from './skip-rules.ts'

interface Walk {
  readonly run: BackupRun
  readonly root: string
  /** real paths of tablespaces, which may lie inside the data directory and must not be walked twice */
  readonly tablespaces: ReadonlySet<string>
}

export interface TablespacePlace {
  readonly oid: number
  /** as the server's link has it; "pg_tblspc/16384" for one that is a directory there */
  readonly path: string
  /** where it is found from here */
  readonly real: string
}

interface Found {
  readonly name: string
  readonly facts: Stats
}

const statsAtOnce = 64

/**
 * Every directory and file of a running cluster that belongs into a base backup, but pg_control, which comes last, and
 * WAL. Files may vanish, grow and shrink meanwhile: WAL repairs that.
 */
export async function* walkDataDirectory(
  run: BackupRun,
  { path: root, control }: DataDirectory,
  places: readonly TablespacePlace[],
): AsyncGenerator<Entry, void, undefined> {
  const walk = { run, root, tablespaces: new Set(places.map(({ real }) => real)) }
  yield directory(walk, '', await reading(root, () => stat(root)))
  yield* walkFolder(walk, '', root)
  const major = Math.floor(run.facts.server.versionNumber / 10_000)
  for (const { oid, real } of places) {
    const folder = `pg_tblspc/${oid}`
    const own = `PG_${major}_${control.catalogVersion}`
    yield directory(walk, folder, await reading(real, () => stat(real)))
    const facts = await found(join(real, own))
    if (facts === undefined) continue
    yield directory(walk, `${folder}/${own}`, facts)
    yield* walkFolder(walk, `${folder}/${own}`, join(real, own))
  }
}

/** Fails when a tablespace is not to be seen from here: a backup without it would be none. */
export async function findTablespaces(root: string): Promise<TablespacePlace[]> {
  const folder = join(root, 'pg_tblspc')
  const names = await reading(folder, () => readdir(folder))
  const places: TablespacePlace[] = []
  for (const oid of names.filter((name) => /^\d+$/.test(name))) {
    const link = join(folder, oid)
    const isLink = (await reading(link, () => lstat(link))).isSymbolicLink()
    const path = isLink ? await reading(link, () => readlink(link)) : `pg_tblspc/${oid}`
    places.push({ oid: Number(oid), path, real: await reading(link, () => realpath(link)) })
  }
  return places
}

async function* walkFolder(walk: Walk, folder: string, local: string): AsyncGenerator<Entry, void, undefined> {
  for await (const { name, facts } of listFolder(walk, folder, local)) {
    const path = folder === '' ? name : `${folder}/${name}`
    const place = join(local, name)
    if (path === 'pg_wal') yield* emptyWal(walk, facts)
    else if (path === 'pg_tblspc') yield directory(walk, path, facts)
    else if (folder === '' && emptiedDirectories.has(name)) yield directory(walk, path, facts)
    else if (facts.isDirectory()) {
      if (walk.tablespaces.has(await realpathOr(place))) continue
      yield directory(walk, path, facts)
      yield* walkFolder(walk, path, place)
    } else if (facts.isFile() && path !== 'global/pg_control') yield file(walk, path, place, facts)
    else if (facts.isSymbolicLink()) yield* linkEntries(walk, path, place, facts)
  }
}

/** Of a folder that was dropped meanwhile there is nothing. */
async function* listFolder(walk: Walk, folder: string, local: string): AsyncGenerator<Found, void, undefined> {
  const raw = await namesOf(local)
  const names: string[] = []
  for (const bytes of raw) {
    const name = bytes.toString('utf8')
    if (Buffer.from(name).equals(bytes)) names.push(name)
    else {
      const path = entryPath(walk.run.options.source, join(folder, bytes.toString('latin1')))
      walk.run.tally.addFinding({ path, message: 'left out, because its name is not UTF-8; it is none of PostgreSQL' })
    }
  }
  const kept = keptNames(folder, names)
  for (let at = 0; at < kept.length; at += statsAtOnce) {
    const some = kept.slice(at, at + statsAtOnce)
    const all = await Promise.all(some.map((name) => found(join(local, name))))
    for (const [index, name] of some.entries()) {
      const facts = all[index]
      if (facts !== undefined) yield { name, facts }
    }
  }
}

async function namesOf(local: string): Promise<Buffer[]> {
  return reading(local, async () => {
    try {
      return await readdir(local, { encoding: 'buffer' })
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  })
}

async function found(path: string): Promise<Stats | undefined> {
  return reading(path, async () => {
    try {
      return await lstat(path)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}

async function realpathOr(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (isMissing(error)) return path
    throw error
  }
}

function* emptyWal(walk: Walk, facts: Stats): Generator<Entry, void, undefined> {
  // pg_wal itself may be a symbolic link to another disk: in the backup it is a directory.
  const own = { ...plain(facts), mode: 0o700 }
  const summaries = walk.run.facts.server.versionNumber >= 170_000 ? ['pg_wal/summaries'] : []
  for (const path of ['pg_wal', 'pg_wal/archive_status', ...summaries]) {
    yield { kind: 'directory', path: entryPath(walk.run.options.source, path), ...own }
  }
}

function directory(walk: Walk, path: string, facts: Stats): Entry {
  // A symbolic link in the place of a directory that is emptied has the mode 0777.
  const mode = facts.isDirectory() ? facts.mode & 0o7777 : 0o700
  return { kind: 'directory', path: entryPath(walk.run.options.source, path), ...plain(facts), mode }
}

function file(walk: Walk, path: string, local: string, facts: Stats): Entry {
  walk.run.tally.addFile()
  walk.run.tally.addBytes(facts.size)
  const content = { type: 'local', path: local } as const
  return { kind: 'file', path: entryPath(walk.run.options.source, path), ...plain(facts), isPaged: true, content }
}

/** PostgreSQL makes links in pg_tblspc only; what others put there is kept as the link it is. */
async function* linkEntries(
  walk: Walk,
  path: string,
  local: string,
  facts: Stats,
): AsyncGenerator<Entry, void, undefined> {
  const linkTarget = await reading(local, () => readlink(local))
  const place = entryPath(walk.run.options.source, path)
  yield { kind: 'symlink', path: place, ...plain(facts), linkTarget }
  walk.run.tally.addFinding({ path: place, message: `is a symbolic link; ${linkTarget} is not part of this backup` })
}

function plain({ mode, mtime, uid, gid }: Stats): { mode: number; modifiedAt: Date; uid: number; gid: number } {
  return { mode: mode & 0o7777, modifiedAt: mtime, uid, gid }
}
