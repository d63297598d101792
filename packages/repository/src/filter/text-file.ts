import { decodeLossless } from './byte-text.ts'

/**
 * The text of a list file (patterns, paths): UTF-8 with or without a byte order mark, or UTF-16 with one. Bytes that
 * are not UTF-8 survive, see `decodeLossless`.
 */
export function decodeTextFile(content: Uint8Array): string {
  const [first, second, third] = content
  if (first === 0xef && second === 0xbb && third === 0xbf) return decodeLossless(content.subarray(3))
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(content)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(content)
  return decodeLossless(content)
}

/** Lines without their end (LF or CRLF); the last one need not have any. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  if (lines.at(-1) === '') lines.pop()
  return lines
}
