const [quote, backslash, open, close] = [0x27, 0x5c, 0x28, 0x29]

/**
 * Counts the rows of INSERT statements: parentheses that open outside of quotes and of other parentheses. Dumps escape
 * quotes and line breaks with backslashes, whatever the server's sql_mode says. Parts of a statement come one after the other.
 */
export class RowCounter {
  #depth = 0
  #isQuoted = false
  #isEscaped = false
  rows = 0

  push(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]
      if (this.#isQuoted) {
        if (this.#isEscaped) this.#isEscaped = false
        else if (byte === backslash) this.#isEscaped = true
        // two quotes in a row end the text and begin it again, which is the same here
        else if (byte === quote) this.#isQuoted = false
      } else if (byte === quote) this.#isQuoted = true
      else if (byte === open) {
        if (this.#depth++ === 0) this.rows++
      } else if (byte === close) this.#depth--
    }
  }
}
