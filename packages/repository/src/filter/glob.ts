import { runeAt, runeLength } from './byte-text.ts'

/** Tests one path component (byte text, without separators). */
export type ComponentMatcher = (component: string) => boolean

interface Ranges {
  readonly kind: 'class'
  readonly negated: boolean
  /** Pairs of lowest and highest code point. */
  readonly bounds: readonly number[]
}

type Token = { readonly kind: 'bytes'; readonly bytes: string } | { readonly kind: 'any' } | Ranges

/** What lies between two stars. */
type Chunk = readonly Token[]

export interface Glob {
  /** The exact component it stands for, when there is nothing to expand. */
  readonly literal: string | undefined
  /** The byte every matching component starts and ends with, if the pattern says so: a cheap first test. */
  readonly firstByte: number | undefined
  readonly lastByte: number | undefined
  readonly matches: ComponentMatcher
}

/**
 * Compiles one component of a pattern, given as byte text. The syntax is Go's path/filepath.Match: `*` any bytes, `?`
 * one character, `[a-z]` and `[^a-z]` one character of a class, `\` takes the next character literally. Characters
 * are UTF-8; a byte that is not part of valid UTF-8 counts as one character, U+FFFD for classes.
 *
 * Returns undefined when the component is malformed: an unclosed or empty class, a class with a bare `-` or `]`, or a
 * trailing backslash.
 */
export function compileGlob(pattern: string): Glob | undefined {
  const chunks: Token[][] = [[]]
  for (let at = 0; at < pattern.length;) {
    const chunk = chunks.at(-1) ?? []
    const character = pattern.charAt(at)
    if (character === '*') {
      // Several stars in a row are one.
      if (chunk.length > 0 || chunks.length === 1) chunks.push([])
      at++
    } else if (character === '?') {
      chunk.push({ kind: 'any' })
      at++
    } else if (character === '[') {
      const parsed = parseClass(pattern, at + 1)
      if (parsed === undefined) return undefined
      chunk.push(parsed.ranges)
      at = parsed.next
    } else {
      if (character === '\\') at++
      if (at === pattern.length) return undefined
      pushByte(chunk, pattern.charAt(at))
      at++
    }
  }
  return globOf(chunks)
}

function pushByte(chunk: Token[], byte: string): void {
  const last = chunk.at(-1)
  if (last?.kind === 'bytes') chunk[chunk.length - 1] = { kind: 'bytes', bytes: last.bytes + byte }
  else chunk.push({ kind: 'bytes', bytes: byte })
}

function parseClass(pattern: string, start: number): { ranges: Ranges; next: number } | undefined {
  const negated = pattern.charAt(start) === '^'
  const bounds: number[] = []
  let at = negated ? start + 1 : start
  while (bounds.length === 0 || pattern.charAt(at) !== ']') {
    const low = parseClassCharacter(pattern, at)
    if (low === undefined) return undefined
    at = low.next
    let high = low
    if (pattern.charAt(at) === '-') {
      const parsed = parseClassCharacter(pattern, at + 1)
      if (parsed === undefined) return undefined
      high = parsed
      at = high.next
    }
    bounds.push(low.rune, high.rune)
  }
  return { ranges: { kind: 'class', negated, bounds }, next: at + 1 }
}

function parseClassCharacter(pattern: string, start: number): { rune: number; next: number } | undefined {
  const escaped = pattern.charAt(start) === '\\'
  const at = escaped ? start + 1 : start
  const character = pattern.charAt(at)
  if (character === '' || (!escaped && (character === '-' || character === ']'))) return undefined
  const length = runeLength(pattern, at)
  // A stray byte cannot be told from another one inside a class.
  if (length === 1 && pattern.charCodeAt(at) > 0x7f) return undefined
  if (at + length >= pattern.length) return undefined
  return { rune: runeAt(pattern, at, length), next: at + length }
}

/** Picks the cheapest test; the usual shapes (`name`, `*.ext`, `prefix*`, `*part*`) need no search of their own. */
function globOf(chunks: readonly Chunk[]): Glob {
  const texts = chunks.map(bytesOf)
  const [first, second, third] = texts
  const literal = chunks.length === 1 ? first : undefined
  const head = chunks.at(0)?.at(0)
  const tail = chunks.at(-1)?.at(-1)
  return {
    literal,
    firstByte: head?.kind === 'bytes' ? head.bytes.charCodeAt(0) : undefined,
    lastByte: tail?.kind === 'bytes' ? tail.bytes.charCodeAt(tail.bytes.length - 1) : undefined,
    matches:
      literal === undefined
        ? (starMatcher(first, second, third, texts.length) ?? ((component) => matchChunks(chunks, component)))
        : (component) => component === literal,
  }
}

function starMatcher(
  first: string | undefined,
  second: string | undefined,
  third: string | undefined,
  count: number,
): ComponentMatcher | undefined {
  if (count === 2 && first !== undefined && second !== undefined) {
    if (first === '' && second === '') return () => true
    if (first === '') return (component) => component.endsWith(second)
    if (second === '') return (component) => component.startsWith(first)
    const least = first.length + second.length
    return (component) => component.length >= least && component.startsWith(first) && component.endsWith(second)
  }
  if (count === 3 && first === '' && second !== undefined && third === '') {
    return (component) => component.includes(second)
  }
  return undefined
}

/** The bytes of a chunk that has nothing to expand. */
function bytesOf(chunk: Chunk): string | undefined {
  if (chunk.length === 0) return ''
  const [only] = chunk
  return chunk.length === 1 && only?.kind === 'bytes' ? only.bytes : undefined
}

/**
 * Each chunk takes the first place where it fits, without going back, so the cost is bounded by length × chunks. A star
 * advances byte by byte, also inside a character: that is what Go does, and so what restic's users get.
 */
function matchChunks(chunks: readonly Chunk[], component: string): boolean {
  let at = 0
  for (let index = 0; index < chunks.length; index++) {
    const chunk = chunks[index] ?? []
    const last = index === chunks.length - 1
    if (last && index > 0 && chunk.length === 0) return true
    at = index === 0 ? matchChunk(chunk, component, 0) : findChunk(chunk, component, at, last)
    if (at < 0) return false
  }
  return at === component.length
}

/**
 * Where the chunk ends at the first place from `from` on where it fits, or -1. The last one ends where the component
 * does.
 */
function findChunk(chunk: Chunk, component: string, from: number, last: boolean): number {
  const [head] = chunk
  // There is no use in trying further ahead of the end than the chunk is wide.
  let start = last ? Math.max(from, component.length - greatestWidth(chunk)) : from
  for (; start <= component.length; start++) {
    if (head?.kind === 'bytes') {
      start = component.indexOf(head.bytes, start)
      if (start < 0) return -1
    }
    const end = matchChunk(chunk, component, start)
    if (end >= 0 && (!last || end === component.length)) return end
  }
  return -1
}

function greatestWidth(chunk: Chunk): number {
  return chunk.reduce((width, token) => width + (token.kind === 'bytes' ? token.bytes.length : 4), 0)
}

/** Where the chunk ends when it starts at `start`, or -1. */
function matchChunk(chunk: Chunk, component: string, start: number): number {
  let at = start
  for (const token of chunk) {
    if (token.kind === 'bytes') {
      if (!component.startsWith(token.bytes, at)) return -1
      at += token.bytes.length
      continue
    }
    if (at >= component.length) return -1
    const length = runeLength(component, at)
    if (token.kind === 'class' && !inClass(token, runeAt(component, at, length))) return -1
    at += length
  }
  return at
}

function inClass({ bounds, negated }: Ranges, rune: number): boolean {
  for (let index = 0; index < bounds.length; index += 2) {
    // An index within the array: bounds come in pairs.
    if (rune >= (bounds[index] ?? Infinity) && rune <= (bounds[index + 1] ?? -1)) return !negated
  }
  return negated
}
