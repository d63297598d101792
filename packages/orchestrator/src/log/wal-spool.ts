import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { parseWalFileName, smallestSegmentBytes } from '@holdfast/connectors/postgresql/wal/lsn'
import { AppError } from '@holdfast/core/errors/app-error'
import { writeWhole } from '@holdfast/repository/log/restore-log'

/** How a file of pg_wal is known again: a recycled one has another time. */
export interface WalFileStamp {
  readonly sizeBytes: number
  readonly modifiedMs: number
}

/**
 * A directory on the database's machine in which calls of archive_command and restore_command leave something for those
 * that follow. All of it may be lost at any time; it only saves work.
 */
export interface WalSpool {
  /** Notes that a file is durable in the repositories although the server has not asked for it yet. */
  markStored(name: string, stamp: WalFileStamp): Promise<void>
  /** Whether just this file is; forgets it, since it is asked once only. */
  takeStored(name: string, stamp: WalFileStamp): Promise<boolean>
  /** Small JSON values that calls hand on. */
  remember(key: 'cluster' | 'previous', value: unknown): Promise<void>
  recall(key: 'cluster' | 'previous'): Promise<unknown>
  /** an empty directory for files that are fetched ahead */
  openFetching(now: Date): Promise<string>
  /** Makes files of that directory available to `takeFetched`. */
  keepFetched(directory: string, names: readonly string[], now: Date): Promise<void>
  /** Path of a file that was fetched ahead lately, which is the caller's from then on. */
  takeFetched(name: string, now: Date): Promise<string | undefined>
}

/** A file that was fetched ahead and not asked for so long may belong to a recovery that was given up. */
const fetchedAtMostMs = 10 * 60_000

/**
 * Opens the spool, private to its user: whoever could write there could make the server throw away WAL that is stored
 * nowhere. Fails with WAL_SPOOL_UNUSABLE.
 */
export async function openWalSpool(directory: string): Promise<WalSpool> {
  const stored = join(directory, 'stored')
  const fetched = join(directory, 'fetched')
  for (const path of [directory, stored, fetched]) await makePrivate(path)
  return {
    markStored: (name, stamp) => writeWhole(join(stored, checked(name)), Buffer.from(JSON.stringify(stamp))),
    async takeStored(name, stamp) {
      const path = join(stored, checked(name))
      const text = await readFile(path, 'utf8').catch(() => undefined)
      if (text === undefined) return false
      await rm(path, { force: true })
      return text === JSON.stringify(stamp)
    },
    remember: (key, value) => writeWhole(join(directory, `${key}.json`), Buffer.from(JSON.stringify(value))),
    async recall(key) {
      const text = await readFile(join(directory, `${key}.json`), 'utf8').catch(() => undefined)
      try {
        const value: unknown = text === undefined ? undefined : JSON.parse(text)
        return value
      } catch {
        return undefined
      }
    },
    async openFetching(now) {
      // those of processes that were killed
      for (const name of await readdir(directory)) {
        if (!name.startsWith('fetching-')) continue
        const info = await stat(join(directory, name)).catch(() => undefined)
        const isOld = info === undefined || now.getTime() - info.mtimeMs > fetchedAtMostMs
        if (isOld) await rm(join(directory, name), { recursive: true, force: true })
      }
      const path = join(directory, `fetching-${process.pid}`)
      await rm(path, { recursive: true, force: true })
      await makePrivate(path)
      return path
    },
    async keepFetched(from, names, now) {
      for (const name of names) {
        // the time of a restored file is that of its backup
        await utimes(join(from, name), now, now)
        await rename(join(from, name), join(fetched, checked(name)))
      }
      await rm(from, { recursive: true, force: true })
    },
    async takeFetched(name, now) {
      await dropOld(fetched, now)
      const path = join(fetched, checked(name))
      return (await stat(path).catch(() => undefined)) === undefined ? undefined : path
    },
  }
}

export async function stampOf(path: string): Promise<WalFileStamp> {
  const info = await stat(path)
  return { sizeBytes: info.size, modifiedMs: info.mtimeMs }
}

async function makePrivate(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    const info = await stat(path)
    const isOwn = info.uid === process.getuid?.() && (info.mode & 0o022) === 0
    if (!isOwn) throw new Error('it belongs to someone else, or others may write to it')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('WAL_SPOOL_UNUSABLE', { directory: path, reason }, { cause: error })
  }
}

async function dropOld(directory: string, now: Date): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    const info = await stat(path).catch(() => undefined)
    if (info !== undefined && now.getTime() - info.mtimeMs > fetchedAtMostMs) await rm(path, { force: true })
  }
}

/** Names come from the server, or from whoever writes its commands. */
function checked(name: string): string {
  if (parseWalFileName(name, smallestSegmentBytes) === undefined)
    throw new Error(`${JSON.stringify(name)} is no name of a WAL file`)
  return name
}
