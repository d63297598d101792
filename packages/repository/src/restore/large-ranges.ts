import type { ContentRange } from './restore-protocol.ts'

/** A file whose content several workers write. */
export interface LargeFile {
  readonly worker: number
  readonly file: number
  /** not given out yet, the last one first */
  readonly ranges: ContentRange[]
  running: number
  written: number
  failed: boolean
}

/**
 * Parts of large files that wait. As many files are written at once as there are workers, if there are so many: those who
 * write to one file wait for each other in the operating system.
 */
export class LargeRanges {
  readonly #filesAtOnce: number
  readonly #begun: LargeFile[] = []
  readonly #waiting: LargeFile[] = []

  constructor(filesAtOnce: number) {
    this.#filesAtOnce = filesAtOnce
  }

  add(large: LargeFile): void {
    this.#waiting.push(large)
  }

  /** Of the file that the fewest work on. It counts as running. */
  next(): { readonly large: LargeFile; readonly range: ContentRange } | undefined {
    while (this.#begun.length < this.#filesAtOnce) {
      const large = this.#waiting.pop()
      if (large === undefined) break
      this.#begun.push(large)
    }
    const [first, ...others] = this.#begun
    if (first === undefined) return undefined
    const large = others.reduce((least, each) => (each.running < least.running ? each : least), first)
    const range = large.ranges.pop()
    if (large.ranges.length === 0) this.#begun.splice(this.#begun.indexOf(large), 1)
    if (range === undefined) throw new Error('a large file has no ranges')
    large.running++
    return { large, range }
  }
}
