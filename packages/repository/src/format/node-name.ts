import { isPlainAscii, jsonString, utf8Parts } from './json-string.ts'
import { isPrintable } from './printable.ts'

const letterEscapes: Readonly<Record<number, string>> = {
  0x07: '\\a',
  0x08: '\\b',
  0x09: '\\t',
  0x0a: '\\n',
  0x0b: '\\v',
  0x0c: '\\f',
  0x0d: '\\r',
  0x22: '\\"',
  0x5c: '\\\\',
}

const letterValues: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
  '"': 0x22,
  '\\': 0x5c,
}

/**
 * The JSON string, with its quotes, that restic stores for a file name: the name's bytes in Go's quoted form, then
 * encoded as JSON. So every name survives, also one that is not UTF-8.
 */
export function quoteName(name: Uint8Array | string): string {
  if (typeof name === 'string') {
    if (isPlainAscii(name)) return `"${name}"`
    return jsonString(goQuote(Buffer.from(name, 'utf8')))
  }
  const bytes = Buffer.from(name.buffer, name.byteOffset, name.length)
  const text = bytes.toString('latin1')
  return isPlainAscii(text) ? `"${text}"` : jsonString(goQuote(bytes))
}

/** The bytes of a name from its quoted form (the JSON string already decoded); undefined when that is malformed. */
export function unquoteName(quoted: string): Buffer | undefined {
  if (!quoted.includes('\\')) return quoted.includes('"') || quoted.includes('\n') ? undefined : Buffer.from(quoted)
  const parts: Buffer[] = []
  const escape = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y
  for (let at = 0; at < quoted.length;) {
    const next = quoted.indexOf('\\', at)
    const plain = quoted.slice(at, next < 0 ? quoted.length : next)
    if (plain.includes('"') || plain.includes('\n')) return undefined
    parts.push(Buffer.from(plain))
    if (next < 0) break
    escape.lastIndex = next
    const bytes = unescape(escape.exec(quoted))
    if (bytes === undefined) return undefined
    parts.push(bytes)
    at = escape.lastIndex
  }
  return Buffer.concat(parts)
}

function unescape(match: RegExpExecArray | null): Buffer | undefined {
  if (match === null) return undefined
  const [, letter, hexByte, octalByte, shortPoint, longPoint] = match
  if (letter !== undefined) return Buffer.of(letterValues[letter] ?? 0)
  if (hexByte !== undefined) return Buffer.of(Number.parseInt(hexByte, 16))
  if (octalByte !== undefined) return Buffer.of(Number.parseInt(octalByte, 8))
  const point = Number.parseInt(shortPoint ?? longPoint ?? '', 16)
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined
  return Buffer.from(String.fromCodePoint(point))
}

/** Go's strconv.Quote without the outer quotes. */
function goQuote(bytes: Buffer): string {
  let quoted = ''
  for (const part of utf8Parts(bytes)) {
    if (typeof part === 'number') quoted += hexEscape(part)
    else for (const character of part) quoted += quoteCharacter(character)
  }
  return quoted
}

function quoteCharacter(character: string): string {
  const point = character.codePointAt(0) ?? 0
  const letter = letterEscapes[point]
  if (letter !== undefined) return letter
  if (isPrintable(point)) return character
  if (point < 0x20 || point === 0x7f) return hexEscape(point)
  if (point < 0x10000) return `\\u${point.toString(16).padStart(4, '0')}`
  return `\\U${point.toString(16).padStart(8, '0')}`
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
