import { closeSync } from 'node:fs'
import { plainStats } from './entry-node.ts'
import { expectedPart, partsOf, type StoredPart, wholeContent } from './file-parts.ts'
import { fixedCuts } from './fixed-chunks.ts'
import { openSource, statOpened, wholeFileBytes } from './file-reader.ts'
import type { JobQueue } from './job-queue.ts'
import { orUnreadable, unlessVanished } from './local-file.ts'
import type { LocalFile, LocalFileContent } from './save-jobs.ts'

const filesPerJob = 64
/** Large files that are open at once, if there are not more workers. */
const openFilesAtLeast = 4
/** So much of a file is stored by one worker while the others are at other files. */
const stretchBytes = 32 << 20

/** Called with null when the file has vanished. */
type OnStored = (content: LocalFileContent | null) => void

/** Has files of this machine read by the workers: small ones many at a time, large ones in parts by several workers. */
export class LocalFiles {
  readonly #queue: JobQueue
  readonly #onBytes: (sizeBytes: number) => void
  #files: LocalFile[] = []
  #onStored: OnStored[] = []
  #sizeBytes = 0
  #openFiles = 0

  /** @param onBytes is told what was read, of large files in parts */
  constructor(queue: JobQueue, onBytes: (sizeBytes: number) => void) {
    this.#queue = queue
    this.#onBytes = onBytes
  }

  /** Returns when the file may be followed by another, which is before it has been read. */
  async add(file: LocalFile, sizeBytes: number, onStored: OnStored): Promise<void> {
    if (sizeBytes > wholeFileBytes) {
      while (this.#openFiles >= Math.max(openFilesAtLeast, this.#queue.workers)) await this.#queue.change()
      this.#openFiles++
      this.#queue.start(async () => {
        onStored(await this.#storeLarge(file))
        this.#openFiles--
      })
      return
    }
    this.#files.push(file)
    this.#onStored.push(onStored)
    this.#sizeBytes += sizeBytes
    if (this.#files.length >= filesPerJob || this.#sizeBytes >= wholeFileBytes) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#files.length === 0) return
    const [files, onStored] = [this.#files, this.#onStored]
    this.#files = []
    this.#onStored = []
    this.#sizeBytes = 0
    await this.#queue.send({ type: 'files', files }, (outcome) => {
      for (const [i, stored] of onStored.entries()) {
        const content = outcome.files[i] ?? null
        this.#onBytes(content?.sizeBytes ?? 0)
        stored(content)
      }
    })
  }

  async #storeLarge(file: LocalFile): Promise<LocalFileContent | null> {
    const descriptor = unlessVanished(file.localPath, () => openSource(file.localPath))
    if (descriptor === null) return null
    try {
      const stats = orUnreadable(file.localPath, () => statOpened(descriptor))
      const { ids, bytes } = wholeContent(await this.#storeParts(file, descriptor, Number(stats.size)))
      if (bytes > Number(stats.size)) throw new Error(`more was stored of ${file.localPath} than there is`)
      return { ids, sizeBytes: bytes, stats: plainStats(stats) }
    } finally {
      closeSync(descriptor)
    }
  }

  /** While there are as many files as workers, each is read by one at a time: others would have to read it twice. */
  async #storeParts(file: LocalFile, descriptor: number, sizeBytes: number): Promise<StoredPart[]> {
    const parts: StoredPart[] = []
    let start = 0
    while (start < sizeBytes && this.#openFiles >= this.#queue.workers) {
      const stop = Math.min(sizeBytes, start + stretchBytes)
      const job = { type: 'stretch', descriptor, start, stop, sizeBytes, file } as const
      const { ids, end } = await this.#queue.ask<'stretch'>(job)
      parts.push({ ids, bytes: end - start, expectedBytes: end - start })
      this.#onBytes(end - start)
      // it was cut short meanwhile
      if (end < stop) return parts
      start = end
    }
    return [...parts, ...(await this.#storeShared(file, descriptor, start, sizeBytes))]
  }

  /** By several workers: while the chunks of one stretch are stored, the next is searched for cuts. */
  async #storeShared(file: LocalFile, descriptor: number, from: number, sizeBytes: number): Promise<StoredPart[]> {
    const parts: StoredPart[] = []
    let unstored = 0
    const scan = async (start: number): Promise<{ readonly cuts: readonly number[] }> => {
      if (file.isPaged) return { cuts: fixedCuts(start, sizeBytes) }
      return await this.#queue.ask<'scan'>({ type: 'scan', descriptor, start, sizeBytes, file })
    }
    let start = from
    if (start >= sizeBytes) return parts
    for (let scanned = scan(start); start < sizeBytes;) {
      const { cuts } = await scanned
      const end = cuts.at(-1) ?? sizeBytes
      if (end < sizeBytes) scanned = scan(end)
      for (const part of partsOf(start, cuts)) {
        const stored = expectedPart(part)
        parts.push(stored)
        unstored++
        await this.#queue.send({ type: 'chunks', descriptor, ...part, file }, ({ ids, bytes }) => {
          stored.ids = ids
          stored.bytes = bytes
          unstored--
          this.#onBytes(bytes)
        })
      }
      start = end
    }
    while (unstored > 0) await this.#queue.change()
    return parts
  }
}
