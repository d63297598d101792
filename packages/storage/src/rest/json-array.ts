/** A listing that is not what it should be: not JSON, not an array, or with an absurdly long element. */
export class MalformedListing extends Error {}

/** No element of a listing is longer than this many characters. */
const longestElement = 4096

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

  function addQuoted(char: string): void {
    if (escaped) escaped = false
    else if (char === '\\') escaped = true
    else if (char === '"') quoted = false
    element += char
  }

  function addPlain(char: string): void {
    if (depth === 0 && char === ',') return finish(false)
    if (depth === 0 && char === ']') {
      finish(true)
      state = 'after'
      return
    }
    if (char === '"') quoted = true
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    element += char
  }

  return {
    add(piece) {
      for (const char of piece) {
        if (state === 'inside') {
          if (quoted) addQuoted(char)
          else addPlain(char)
          if (element.length > longestElement) throw new MalformedListing('an element is too long')
        } else if (state === 'before' && char === '[') state = 'inside'
        else if (!/\s/.test(char)) throw new MalformedListing('it is not a JSON array')
      }
    },
    end() {
      if (state !== 'after') throw new MalformedListing('it ends too early')
    },
  }
}
