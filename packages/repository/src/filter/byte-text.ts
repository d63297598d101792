import { isAscii, isUtf8 } from 'node:buffer'

/**
 * Paths are bytes, not text. The filters work on "byte text": a string in which each character is one byte (0–255), so
 * that names which are not valid UTF-8 are matched like any other and ordinary string operations are exact. For ASCII,
 * which is nearly always, byte text is the path itself.
 *
 * A string that had to be made of bytes which are not UTF-8 (a line of a pattern file) carries each stray byte as the
 * lone surrogate U+DC00 + byte; `byteText` turns it back.
 */
export function byteText(path: string | Uint8Array): string {
  if (typeof path !== 'string') return viewOf(path).toString('latin1')
  return notAscii.test(path) ? encodeLossless(path).toString('latin1') : path
}

/** The bytes of byte text. */
export function bytesOfText(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** UTF-8 bytes as a string; each byte that is not part of valid UTF-8 becomes U+DC00 + byte instead of U+FFFD. */
export function decodeLossless(bytes: Uint8Array): string {
  const view = viewOf(bytes)
  if (isAscii(view)) return view.toString('latin1')
  if (isUtf8(view)) return view.toString('utf8')
  const text = view.toString('latin1')
  let decoded = ''
  for (let at = 0; at < text.length;) {
    const length = runeLength(text, at)
    decoded +=
      length === 1 && text.charCodeAt(at) > 0x7f
        ? String.fromCharCode(0xdc00 + text.charCodeAt(at))
        : view.toString('utf8', at, at + length)
    at += length
  }
  return decoded
}

/** The inverse of `decodeLossless`. */
export function encodeLossless(text: string): Buffer {
  if (!strayByte.test(text)) return Buffer.from(text, 'utf8')
  // The capture group keeps the stray bytes in the list: text, stray, text, stray, … text.
  const parts = text.split(strayBytes)
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 0 ? Buffer.from(part, 'utf8') : Buffer.of((part.codePointAt(0) ?? 0) & 0xff),
    ),
  )
}

/**
 * Bytes of the UTF-8 character that starts at `at` in byte text: 1–4, where 1 also stands for a byte that starts no
 * valid character (overlong forms, surrogates and truncated sequences included), as in Go's utf8.DecodeRune.
 */
export function runeLength(text: string, at: number): number {
  const lead = text.charCodeAt(at)
  if (lead < 0xc2 || lead > 0xf4) return 1
  const second = text.charCodeAt(at + 1)
  if (lead < 0xe0) return isContinuation(second) ? 2 : 1
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  // A comparison with NaN (past the end) is false, so the tests are written to fail then.
  if (!(second >= lowest && second <= highest)) return 1
  if (!isContinuation(text.charCodeAt(at + 2))) return 1
  if (lead < 0xf0) return 3
  return isContinuation(text.charCodeAt(at + 3)) ? 4 : 1
}

/** Code point of the character of `length` bytes at `at`; U+FFFD for a stray byte, as in Go. */
export function runeAt(text: string, at: number, length: number): number {
  const lead = text.charCodeAt(at)
  if (length === 1) return lead < 0x80 ? lead : 0xfffd
  let code = lead & (0xff >> (length + 1))
  for (let next = at + 1; next < at + length; next++) code = (code << 6) | (text.charCodeAt(next) & 0x3f)
  return code
}

/**
 * Byte text of the path in lower case, character by character (no context, no language) and with stray bytes turned
 * into U+FFFD, as Go's strings.ToLower does.
 */
export function lowerByteText(path: string | Uint8Array): string {
  const text = typeof path === 'string' ? path : decodeLossless(path)
  if (!lowersAlone.test(text)) return byteText(text.toLowerCase())
  let lower = ''
  for (const character of text.replace(strayBytes, '\ufffd')) {
    const mapped = character.toLowerCase()
    // İ is the one character whose lower case here has two characters; Go takes the first.
    lower += mapped.length > character.length ? mapped.charAt(0) : mapped
  }
  return byteText(lower)
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte <= 0xbf
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

// oxlint-disable-next-line no-control-regex -- the whole ASCII range is meant
const notAscii = /[^\x00-\x7f]/
/** Characters that must be lowered one at a time: İ, Σ (which looks different at the end of a word) and stray bytes. */
const lowersAlone = /[\u0130\u03a3\udc80-\udcff]/u
const strayByte = /[\udc80-\udcff]/u
const strayBytes = /([\udc80-\udcff])/gu
