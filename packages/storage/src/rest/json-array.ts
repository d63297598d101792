/** A listing that is not what it should be: not JSON, not an array, or with an absurdly long element. */
export class MalformedListing extends Error {}

/** No element of a listing is longer than this many characters. */
const longestElement = 4096

const [quote, backslash, comma, openArray, closeArray, openObject, closeObject] = [
  0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d,
]

/**
 * Splits a JSON array that arrives in pieces into its elements' texts, holding only one element in memory: a listing of
 * a large repository has hundreds of megabytes, and a hostile server may send one without an end.
 */
export function createArraySplitter(onElement: (text: string) => void): { add(piece: string): void; end(): void } {
  let state: 'before' | 'inside' | 'after' = 'before'
  let depth = 0
  let quoted = false
  let escaped = false
  let element = ''
  let elements = 0

  function finish(last: boolean): void {
    const text = element.trim()
    element = ''
    if (text === '' && last && elements === 0) return
    if (text === '') throw new MalformedListing('an element is missing')
    elements++
    onElement(text)
  }

  /** Follows one character inside the array; true when it ends the element before it. */
  function endsElement(code: number): boolean {
    if (quoted) {
      if (escaped) escaped = false
      else if (code === backslash) escaped = true
      else if (code === quote) quoted = false
      return false
    }
    if (depth === 0 && (code === comma || code === closeArray)) return true
    if (code === quote) quoted = true
    else if (code === openObject || code === openArray) depth++
    else if (code === closeObject || code === closeArray) depth--
    return false
  }

  /** Takes a piece of the array from `start` on; returns where the array ended, if it did. */
  function addInside(piece: string, start: number): number {
    let from = start
    for (let i = start; i < piece.length; i++) {
      const code = piece.charCodeAt(i)
      if (element.length + i - from > longestElement) throw new MalformedListing('an element is too long')
      if (!endsElement(code)) continue
      element += piece.slice(from, i)
      from = i + 1
      finish(code === closeArray)
      if (code === comma) continue
      state = 'after'
      return from
    }
    element += piece.slice(from)
    return piece.length
  }

  return {
    add(piece) {
      for (let i = 0; i < piece.length;) {
        if (state === 'inside') {
          i = addInside(piece, i)
          continue
        }
        if (state === 'before' && piece.charCodeAt(i) === openArray) state = 'inside'
        else if (!/\s/.test(piece.charAt(i))) throw new MalformedListing('it is not a JSON array')
        i++
      }
    },
    end() {
      if (state !== 'after') throw new MalformedListing('it ends too early')
    },
  }
}
