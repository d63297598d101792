const prime = (1n << 130n) - 5n
const clampMask = 0x0ffffffc0ffffffc0ffffffc0fffffffn

/**
 * Poly1305 in its plainest form (RFC 8439, section 2.5), the reference that the WebAssembly version is tested against.
 * `r` is clamped here; `s` is the 16-byte one-time value. Returns the 16-byte tag.
 */
export function poly1305(r: Uint8Array, s: Uint8Array, message: Uint8Array): Buffer {
  const clamped = littleEndian(r) & clampMask
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16)
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * clamped) % prime
  }
  let rest = sum + littleEndian(s)
  const tag = Buffer.alloc(16)
  for (let i = 0; i < 16; i++) {
    tag[i] = Number(rest & 255n)
    rest >>= 8n
  }
  return tag
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte)
  return value
}
