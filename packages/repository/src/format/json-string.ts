/** Text that Go's encoder writes as it is: printable ASCII but for `"`, `\`, `<`, `>`, `&`. */
const plainAscii = /^[ !#-%'-;=?-[\]-~]*$/

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

const escaped =
  // oxlint-disable-next-line no-control-regex -- control characters are what must be escaped
  /[\u0000-\u001f"\\<>&\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Whether the text needs no escape at all, neither as a JSON string nor as a name. */
export function isPlainAscii(text: string): boolean {
  return plainAscii.test(text)
}

/**
 * A JSON string, with its quotes, byte for byte as Go's encoder writes it with HTML escaping on. Bytes that are not
 * UTF-8 become `\ufffd` each, and so does half of a surrogate pair; a genuine U+FFFD stays as it is.
 */
export function jsonString(text: string | Uint8Array): string {
  if (typeof text !== 'string') return jsonStringOfBytes(text)
  if (plainAscii.test(text)) return `"${text}"`
  return `"${text.replace(escaped, escapeUnit)}"`
}

function jsonStringOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = buffer.toString('latin1')
  if (plainAscii.test(text)) return `"${text}"`
  let json = ''
  for (const part of utf8Parts(buffer)) {
    json += typeof part === 'number' ? '\\ufffd' : part.replace(escaped, escapeUnit)
  }
  return `"${json}"`
}

function escapeUnit(unit: string): string {
  const short = shortEscapes[unit]
  if (short !== undefined) return short
  const code = unit.charCodeAt(0)
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd'
  return `\\u${code.toString(16).padStart(4, '0')}`
}

/**
 * Splits bytes as Go reads UTF-8: valid stretches as text, and each byte that is part of no valid character as a number.
 */
export function* utf8Parts(bytes: Buffer): Generator<string | number> {
  let start = 0
  let at = 0
  while (at < bytes.length) {
    const length = characterBytes(bytes, at)
    if (length > 0) {
      at += length
      continue
    }
    if (at > start) yield bytes.toString('utf8', start, at)
    yield bytes[at] ?? 0
    start = ++at
  }
  if (at > start) yield bytes.toString('utf8', start, at)
}

/** Bytes of the valid UTF-8 character at a position (RFC 3629), 0 when there is none. */
function characterBytes(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  const second = bytes[at + 1] ?? 0
  if (first >= 0xc2 && first <= 0xdf) return isContinuation(second) ? 2 : 0
  if (first >= 0xe0 && first <= 0xef) {
    const low = first === 0xe0 ? 0xa0 : 0x80
    const high = first === 0xed ? 0x9f : 0xbf
    return second >= low && second <= high && isContinuation(bytes[at + 2]) ? 3 : 0
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const low = first === 0xf0 ? 0x90 : 0x80
    const high = first === 0xf4 ? 0x8f : 0xbf
    const inRange = second >= low && second <= high
    return inRange && isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3]) ? 4 : 0
  }
  return 0
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0xbf
}
