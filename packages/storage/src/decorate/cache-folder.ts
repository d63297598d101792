import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { FileContent } from '../backend.ts'
import type { ResolvedRange } from '../byte-range.ts'

/** The kinds of file that are worth keeping, which are also the names of their folders. */
export type CachedType = 'index' | 'snapshot' | 'data'

export interface CacheFolderOptions {
  readonly cacheDirectory: string
  /** 64 hex digits */
  readonly repositoryId: string
  readonly maxSizeBytes: number
}

/** A file that has been brought into the cache's folder but does not count yet. */
export interface StagedFile {
  keep(): Promise<void>
  drop(): Promise<void>
}

/** See https://bford.info/cachedir/: other backup programs skip a folder with this file. */
const tag = 'Signature: 8a477f597d28d172789f06886806bc55\n# This folder holds copies that can be fetched again.\n'

/**
 * Copies of a repository's files on the local disk, `<cacheDirectory>/<repository id>/<type>/<first two digits>/<name>`.
 * Every method may fail with the operating system's errors; the caller decides that this does not matter.
 */
export class CacheFolder {
  readonly #root: string
  readonly #options: CacheFolderOptions
  /** files whose bytes were seen to match their name in this process */
  readonly #verified = new Set<string>()
  #sizeBytes: number | undefined
  #ready: Promise<void> | undefined

  constructor(options: CacheFolderOptions) {
    this.#options = options
    this.#root = join(options.cacheDirectory, options.repositoryId)
  }

  #path(type: CachedType, name: string): string {
    return join(this.#root, type, name.slice(0, 2), name)
  }

  /** undefined when the file is not kept, or was damaged: then it is removed. */
  async read(
    type: CachedType,
    name: string,
    place: (sizeBytes: number) => ResolvedRange,
    now: Date,
  ): Promise<Uint8Array | undefined> {
    const path = this.#path(type, name)
    const info = await stat(path).catch(() => undefined)
    if (info === undefined) return undefined
    if (!this.#verified.has(path)) {
      if ((await hashOf(path)) !== name) {
        await this.remove(type, name)
        return undefined
      }
      this.#verified.add(path)
    }
    const { start, length } = place(info.size)
    await utimes(path, now, now)
    if (start === 0 && length === info.size) return await readFile(path)
    return await readPart(path, start, length)
  }

  async store(type: CachedType, name: string, bytes: Uint8Array): Promise<void> {
    await (await this.stage(type, name, bytes)).keep()
  }

  /** Takes a copy of content that may be moved away before it is known to be worth keeping. */
  async stage(type: CachedType, name: string, content: FileContent): Promise<StagedFile> {
    await (this.#ready ??= this.#prepare())
    const path = this.#path(type, name)
    const temporary = `${path}.${randomBytes(6).toString('hex')}`
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    if (content instanceof Uint8Array) await writeFile(temporary, content, { mode: 0o600 })
    else await link(content.path, temporary).catch(() => copyFile(content.path, temporary))
    return {
      keep: async () => {
        await rename(temporary, path)
        this.#verified.delete(path)
        await this.#makeRoom((await stat(path)).size)
      },
      drop: () => rm(temporary, { force: true }),
    }
  }

  async remove(type: CachedType, name: string): Promise<void> {
    const path = this.#path(type, name)
    this.#verified.delete(path)
    const info = await stat(path).catch(() => undefined)
    await rm(path, { force: true })
    if (this.#sizeBytes !== undefined && info !== undefined) this.#sizeBytes -= info.size
  }

  async names(type: CachedType): Promise<string[]> {
    const files = await readdir(join(this.#root, type), { recursive: true }).catch(() => [])
    return files.map((path) => path.slice(path.lastIndexOf('/') + 1)).filter((name) => /^[0-9a-f]{64}$/.test(name))
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 })
    await writeFile(join(this.#options.cacheDirectory, 'CACHEDIR.TAG'), tag, { flag: 'wx' }).catch(() => {})
  }

  /** Counts what was added, and drops what was not used for longest once there is too much. */
  async #makeRoom(addedBytes: number): Promise<void> {
    const { maxSizeBytes } = this.#options
    this.#sizeBytes = this.#sizeBytes === undefined ? undefined : this.#sizeBytes + addedBytes
    if (this.#sizeBytes !== undefined && this.#sizeBytes <= maxSizeBytes) return
    const files = await allFiles(this.#root)
    files.sort((a, b) => a.usedMs - b.usedMs)
    let total = files.reduce((sum, file) => sum + file.sizeBytes, 0)
    if (total > maxSizeBytes) {
      // A tenth more than needed, so that not every later file makes the whole cache be counted again.
      for (const file of files) {
        if (total <= maxSizeBytes * 0.9) break
        await rm(file.path, { force: true })
        this.#verified.delete(file.path)
        total -= file.sizeBytes
      }
    }
    this.#sizeBytes = total
  }
}

async function allFiles(root: string): Promise<{ path: string; sizeBytes: number; usedMs: number }[]> {
  const found = []
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name)
    const info = await stat(path).catch(() => undefined)
    if (info?.isFile() === true) found.push({ path, sizeBytes: info.size, usedMs: info.mtimeMs })
  }
  return found
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

async function readPart(path: string, start: number, length: number): Promise<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(length)
    const { bytesRead } = await handle.read(bytes, 0, length, start)
    if (bytesRead !== length) throw new Error(`${path} has become shorter`)
    return bytes
  } finally {
    await handle.close()
  }
}
