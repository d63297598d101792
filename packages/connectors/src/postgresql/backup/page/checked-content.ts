import { crc32c } from '../../crc32c.ts'
import { type BadPage, findBadPages, type PageLayout } from './page-checker.ts'
import { parseRelationFile } from './relation-file.ts'

const bufferBytes = 64 * 1024

export interface ContentFacts {
  readonly sizeBytes: number
  readonly crc: number
  readonly pages: number
  readonly badPages: readonly BadPage[]
}

/**
 * Sums up the content of one file after another as it flows by: size, CRC-32C and, for relation files, the pages'
 * checksums. Bytes are gathered in a small aligned buffer, because both sums like long pieces and pages come in parts.
 */
export class CheckedContent {
  readonly #bytes = new Uint8Array(bufferBytes)
  readonly #words = new Int32Array(this.#bytes.buffer)
  readonly #layout: PageLayout
  readonly #checksPages: boolean
  #filled = 0
  #sizeBytes = 0
  #crc = 0
  #pages = 0
  #badPages: BadPage[] = []
  /** of the file's first page in its relation; undefined when there are no pages to check */
  #firstBlock: number | undefined

  constructor(layout: PageLayout, checksPages: boolean) {
    this.#layout = layout
    this.#checksPages = checksPages
  }

  /** `path`: below the data directory */
  begin(path: string): void {
    const relation = this.#checksPages ? parseRelationFile(path) : undefined
    this.#firstBlock = relation === undefined ? undefined : relation.segment * this.#layout.relationSegmentBlocks
    this.#filled = 0
    this.#sizeBytes = 0
    this.#crc = 0
    this.#pages = 0
    this.#badPages = []
  }

  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + bufferBytes - this.#filled)
      this.#bytes.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === bufferBytes) this.#flush()
    }
  }

  end(): ContentFacts {
    this.#flush()
    return { sizeBytes: this.#sizeBytes, crc: this.#crc, pages: this.#pages, badPages: this.#badPages }
  }

  #flush(): void {
    this.#crc = crc32c(this.#bytes.subarray(0, this.#filled), this.#crc)
    if (this.#firstBlock !== undefined) {
      const { blockBytes } = this.#layout
      const count = Math.floor(this.#filled / blockBytes)
      const place = { block: this.#firstBlock + this.#sizeBytes / blockBytes, offset: this.#sizeBytes }
      this.#badPages.push(...findBadPages(this.#words, 0, count, place, blockBytes))
      this.#pages += count
    }
    this.#sizeBytes += this.#filled
    this.#filled = 0
  }
}
