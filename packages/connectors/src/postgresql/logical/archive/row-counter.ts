const lineFeed = 0x0a
/** the end of COPY's data, and what pg_dump writes behind it */
const ending = Buffer.from('\\.\n\n\n')
const endingLines = 3
/** below it, a loop is quicker than a call into native code */
const shortBytes = 256

/** Counts the rows of one table's data: COPY's text form has one line for each, with line feeds in values escaped. */
export class RowCounter {
  #lines = 0
  #tail: Buffer = Buffer.alloc(0)
  #last: Buffer = this.#tail
  #from = 0
  #to = 0

  /** the bytes of `buffer` from `from` to before `to` */
  add(buffer: Buffer, from: number, to: number): void {
    if (to - from < shortBytes) {
      for (let at = from; at < to; at++) if (buffer[at] === lineFeed) this.#lines++
    } else {
      for (let at = buffer.indexOf(lineFeed, from); at !== -1 && at < to; at = buffer.indexOf(lineFeed, at + 1)) {
        this.#lines++
      }
    }
    this.#tail = to - from < ending.length ? Buffer.from(this.#end()) : ending.subarray(0, 0)
    this.#last = buffer
    this.#from = from
    this.#to = to
  }

  /** undefined when the data does not end as expected */
  rows(): number | undefined {
    return this.#end().equals(ending) ? this.#lines - endingLines : undefined
  }

  #end(): Buffer {
    const last = this.#last.subarray(Math.max(this.#from, this.#to - ending.length), this.#to)
    return last.length === ending.length ? last : Buffer.concat([this.#tail, last]).subarray(-ending.length)
  }
}
