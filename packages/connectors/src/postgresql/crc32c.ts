/**
 * CRC-32C (Castagnoli), as PostgreSQL uses it for WAL records, pg_control and backup manifests. Source: RFC 3720, appendix
 * B.4; sixteen bytes a step by the "slicing" method of Kounavis and Berry (2005).
 */

const polynomial = 0x82f6_3b78
const slices = 16

/** table[slice * 256 + byte]: the remainder of the byte followed by `slice` zero bytes */
const table = makeTable()

/** `previous`: the result for the bytes before, to go on from. Unsigned. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous
  let at = 0
  const misaligned = bytes.byteOffset % 4
  if (misaligned !== 0 && bytes.length >= 64) {
    const head = 4 - misaligned
    crc = slowly(bytes, at, head, crc)
    at = head
  }
  if ((bytes.byteOffset + at) % 4 === 0 && bytes.length - at >= slices) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, ((bytes.length - at) >>> 4) << 2)
    crc = byWords(words, crc)
    at += words.byteLength
  }
  return ~slowly(bytes, at, bytes.length, crc) >>> 0
}

function byWords(words: Int32Array, start: number): number {
  const t = table
  let crc = start
  for (let i = 0; i + 3 < words.length; i += 4) {
    const a = (words[i] ?? 0) ^ crc
    const b = words[i + 1] ?? 0
    const c = words[i + 2] ?? 0
    const d = words[i + 3] ?? 0
    crc =
      (t[3840 + (a & 255)] ?? 0) ^
      (t[3584 + ((a >>> 8) & 255)] ?? 0) ^
      (t[3328 + ((a >>> 16) & 255)] ?? 0) ^
      (t[3072 + (a >>> 24)] ?? 0) ^
      (t[2816 + (b & 255)] ?? 0) ^
      (t[2560 + ((b >>> 8) & 255)] ?? 0) ^
      (t[2304 + ((b >>> 16) & 255)] ?? 0) ^
      (t[2048 + (b >>> 24)] ?? 0) ^
      (t[1792 + (c & 255)] ?? 0) ^
      (t[1536 + ((c >>> 8) & 255)] ?? 0) ^
      (t[1280 + ((c >>> 16) & 255)] ?? 0) ^
      (t[1024 + (c >>> 24)] ?? 0) ^
      (t[768 + (d & 255)] ?? 0) ^
      (t[512 + ((d >>> 8) & 255)] ?? 0) ^
      (t[256 + ((d >>> 16) & 255)] ?? 0) ^
      (t[d >>> 24] ?? 0)
  }
  return crc
}

function slowly(bytes: Uint8Array, from: number, to: number, start: number): number {
  let crc = start
  for (let i = from; i < to; i++) crc = (table[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0) ^ (crc >>> 8)
  return crc
}

function makeTable(): Int32Array {
  const made = new Int32Array(slices * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    made[byte] = crc
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256] ?? 0
    made[i] = (made[before & 255] ?? 0) ^ (before >>> 8)
  }
  return made
}
