import { isUtf8 } from 'node:buffer'

/**
 * Names of files are bytes. As text they are UTF-8, in which a backslash is written `\\`, and what cannot be shown (bytes
 * that are not UTF-8, control characters) as `\x` and two hex digits. So nearly every path is written as it is, every name
 * can be shown and given back, and two names never look alike. What Go's quoting writes of such names means the same.
 */
export function quotePath(path: Uint8Array): string {
  const bytes = Buffer.from(path.buffer, path.byteOffset, path.byteLength)
  const text = bytes.toString('utf8')
  if (isUtf8(bytes) && !unshowable.test(text)) return text
  let quoted = ''
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at)
    const character = bytes.toString('utf8', at, at + length)
    const isShown = isUtf8(bytes.subarray(at, at + length)) && !unshowable.test(character)
    quoted += isShown ? character : character === '\\' ? '\\\\' : escapeAll(bytes.subarray(at, at + length))
    at += length
  }
  return quoted
}

/** The bytes again; undefined when a backslash is followed by something else. */
export function unquotePath(quoted: string): Buffer | undefined {
  if (!quoted.includes('\\')) return Buffer.from(quoted)
  if (!/^(?:[^\\]|\\\\|\\x[0-9a-fA-F]{2})*$/.test(quoted)) return undefined
  const parts = quoted.split(/(\\\\|\\x[0-9a-fA-F]{2})/)
  return Buffer.concat(
    parts.map((part) => {
      if (part === '\\\\') return Buffer.from('\\')
      return part.startsWith('\\x') ? Buffer.of(Number.parseInt(part.slice(2), 16)) : Buffer.from(part)
    }),
  )
}

// oxlint-disable-next-line no-control-regex -- these are what is looked for; the rest turn the direction of a text
const unshowable = /[\\\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/

/** Of the UTF-8 character that begins at `at`; 1 where none does. */
function characterLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0
  const length = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 1
}

function escapeAll(bytes: Buffer): string {
  return bytes.reduce((text, byte) => `${text}\\x${byte.toString(16).padStart(2, '0')}`, '')
}
