import { randomBytes } from 'node:crypto'
import { type FileHandle, link, mkdir, open, readFile, rename, rm, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import type { Backend, FileContent, FileId } from '../backend.ts'
import { damaged } from '../byte-range.ts'
import { settleExisting } from '../existing-file.ts'
import { throwIfInterrupted } from '../interruption.ts'
import { shardedPath } from '../layout.ts'
import { DirtyDirectories } from './directory-sync.ts'
import { errnoOf } from './file-system-error.ts'
import { makeSpoolDirectory, removeAbandonedSpools } from './spool-directory.ts'

/** Permissions of what is written: the owner's, and the group's too when the repository's config is readable to it. */
interface Modes {
  readonly file: number
  readonly directory: number
}

const privateModes: Modes = { file: 0o400, directory: 0o700 }
const groupModes: Modes = { file: 0o440, directory: 0o770 }

/** The writing half of the local backend. Its errors are the operating system's. */
export interface LocalWriter {
  prepare(ctx: Context): Promise<void>
  write(store: Backend, file: FileId, content: FileContent, ctx: Context): Promise<void>
  /** Marks directories whose entries changed, for the next flush. */
  folderChanged(...paths: string[]): void
  flush(): Promise<void>
}

/**
 * Every file is completed and made durable under a temporary name on the same file system, then renamed: a reader sees
 * all of it or nothing, also after a power cut. The renames themselves become durable at flush.
 */
export function createLocalWriter(root: string, spoolDirectory: string): LocalWriter {
  const dirty = new DirtyDirectories()
  let modes: Promise<Modes | undefined> | undefined
  let prepared: Promise<void> | undefined

  function prepare(ctx: Context): Promise<void> {
    prepared ??= removeAbandonedSpools(root, ctx.now())
    return prepared
  }

  /** Read once a config exists; until then (during init) files are private. */
  async function currentModes(): Promise<Modes> {
    const found = await (modes ??= readModes(root))
    if (found === undefined) modes = undefined
    return found ?? privateModes
  }

  /** Runs `fill` on a new name in the spool directory, which is made when it is missing. Half-made files are removed. */
  async function spooled(fill: (path: string) => Promise<void>): Promise<string> {
    const path = join(spoolDirectory, randomBytes(8).toString('hex'))
    try {
      await fill(path)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') {
        await rm(path, { force: true }).catch(() => {})
        throw error
      }
      await makeSpoolDirectory(spoolDirectory, (await currentModes()).directory)
      await fill(path)
    }
    return path
  }

  /** Moves a complete, durable file into place. */
  async function place(from: string, target: string, file: FileId): Promise<void> {
    const move = file.type === 'config' ? moveExclusively : rename
    try {
      await move(from, target)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      await makeParents(target)
      await move(from, target)
    }
    dirty.add(dirname(target))
  }

  async function writeBytes(file: FileId, bytes: Uint8Array, target: string, ctx: Context): Promise<void> {
    const { file: mode } = await currentModes()
    const staged = await spooled((path) => writeDurably(path, bytes, mode))
    try {
      throwIfInterrupted(ctx)
      await place(staged, target, file)
    } catch (error) {
      await rm(staged, { force: true }).catch(() => {})
      throw error
    }
  }

  /** The caller's file stays where it is until the very rename, so that a failed attempt can be repeated. */
  async function writeMoved(
    file: FileId,
    path: string,
    sizeBytes: number,
    target: string,
    ctx: Context,
  ): Promise<void> {
    const { file: mode } = await currentModes()
    await seal(path, sizeBytes, mode, file, root)
    throwIfInterrupted(ctx)
    try {
      await place(path, target, file)
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error
      await writeBytes(file, await readFile(path), target, ctx)
    }
  }

  /** Creates the folders between the root and the file, but never the root. */
  async function makeParents(target: string): Promise<void> {
    const missing: string[] = []
    for (let path = dirname(target); path.length > root.length; path = dirname(path)) missing.unshift(path)
    for (const path of missing) {
      await mkdir(path, { mode: (await currentModes()).directory }).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error
      })
      dirty.add(dirname(path))
    }
  }

  return {
    prepare,
    async write(store, file, content, ctx) {
      await prepare(ctx)
      const target = join(root, shardedPath(file))
      let existing = await sizeIfThere(target)
      if (existing === undefined) {
        try {
          if (content instanceof Uint8Array) await writeBytes(file, content, target, ctx)
          else await writeMoved(file, content.path, content.sizeBytes, target, ctx)
          return
        } catch (error) {
          if (errnoOf(error) !== 'EEXIST') throw error
          existing = (await stat(target)).size
        }
      }
      await settleExisting(store, file, existing, content, ctx)
      // The attempt that wrote it may have died before its flush.
      dirty.add(dirname(target))
    },
    folderChanged(...paths) {
      for (const path of paths) dirty.add(path)
    },
    flush: () => dirty.flush(),
  }
}

async function readModes(root: string): Promise<Modes | undefined> {
  const config = await stat(join(root, 'config')).catch(() => undefined)
  if (config === undefined) return undefined
  return (config.mode & 0o040) === 0 ? privateModes : groupModes
}

async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
    await protect(handle, mode)
  } finally {
    await handle.close()
  }
}

/** A spooled file that is shorter than its writer said was not completely written: it must not become a pack. */
async function seal(path: string, sizeBytes: number, mode: number, file: FileId, location: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    const actual = (await handle.stat()).size
    if (actual !== sizeBytes) throw damaged(file, location, `${path} has ${actual} bytes instead of ${sizeBytes}`)
    await handle.sync()
    await protect(handle, mode)
  } finally {
    await handle.close()
  }
}

/** Read-only is a courtesy against accidents; file systems that cannot do it (CIFS, FUSE) are tolerated. */
async function protect(handle: FileHandle, mode: number): Promise<void> {
  await handle.chmod(mode).catch(() => {})
}

const noHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EACCES'])

/**
 * Unlike rename, fails with EEXIST when someone else was quicker: two `init` at once must not replace each other's
 * config. Other files bear their content's hash, so there the cheaper rename does no harm.
 */
async function moveExclusively(from: string, target: string): Promise<void> {
  try {
    await link(from, target)
  } catch (error) {
    if (!noHardLinks.has(errnoOf(error) ?? '')) throw error
    return await rename(from, target)
  }
  await unlink(from)
}

async function sizeIfThere(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}
