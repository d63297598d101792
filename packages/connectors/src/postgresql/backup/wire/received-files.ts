import type { Context } from '@holdfast/core/context'
import type { BackupRun } from '../backup-run.ts'
import { entryPath } from '../entry-path.ts'
import { CheckedContent } from '../page/checked-content.ts'
import { badPageMessage } from '../page/page-message.ts'
import { secondLook } from './page-second-look.ts'
import { encodedPathPrefix, type ManifestFile } from './server-manifest.ts'
import type { TarReader } from './tar-reader.ts'

const mostSecondLooks = 1000

/** What came, summed up while it flows by, to be compared with the server's manifest. */
export class ReceivedFiles {
  readonly #run: BackupRun
  readonly #startLsn: bigint
  readonly #content: CheckedContent
  readonly #files = new Map<string, ManifestFile>()

  constructor(run: BackupRun, startLsn: bigint) {
    this.#run = run
    this.#startLsn = startLsn
    this.#content = new CheckedContent(run.facts.server, run.checksPages)
  }

  /** by path below the data directory */
  get files(): ReadonlyMap<string, ManifestFile> {
    return this.#files
  }

  /** The current member's content, unaltered. */
  async *pass(tar: TarReader, path: string, ctx: Context): AsyncGenerator<Uint8Array, void, undefined> {
    const { tally } = this.#run
    this.#content.begin(path)
    for (let bytes = await tar.read(); bytes !== undefined; bytes = await tar.read()) {
      this.#content.add(bytes)
      tally.addBytes(bytes.length)
      yield bytes
    }
    const { sizeBytes, crc, pages, badPages } = this.#content.end()
    this.#files.set(path, { sizeBytes, crc })
    tally.addFile()
    tally.addPages(pages)
    const finding = { path: entryPath(this.#run.options.source, path) }
    for (const [index, page] of badPages.entries()) {
      // Of a file that is damaged throughout, not each page is worth a question.
      const message =
        index < mostSecondLooks ? await secondLook(this.#run, path, page, this.#startLsn, ctx) : badPageMessage(page)
      if (message !== undefined) tally.addBadPage({ ...finding, block: page.block, message })
    }
  }

  /** The same for a file that is left out: the server's manifest lists it all the same. */
  async skip(tar: TarReader, folder: string, rawName: Uint8Array): Promise<void> {
    this.#content.begin('')
    for (let bytes = await tar.read(); bytes !== undefined; bytes = await tar.read()) this.#content.add(bytes)
    const { sizeBytes, crc } = this.#content.end()
    const name = Buffer.concat([Buffer.from(folder), rawName]).toString('hex')
    this.#files.set(encodedPathPrefix + name, { sizeBytes, crc })
  }
}
