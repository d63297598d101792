import { randomBytes } from 'node:crypto'

let last = 0n

/**
 * A UUID of version 7 (RFC 9562, method 1): its first 48 bits are the time in ms, the next 12 count within it, so that
 * those of one process sort as they were made.
 */
export function createRunId(nowMs: number): string {
  const started = (BigInt(nowMs) << 12n) | BigInt(randomBytes(1).readUInt8())
  // a clock that was set back, or 4096 of one ms, borrow from the future
  last = started > last || last - started > farAhead ? started : last + 1n
  const bytes = Buffer.concat([Buffer.alloc(8), randomBytes(8)])
  bytes.writeBigUInt64BE(((last >> 12n) << 16n) | 0x7000n | (last & 0xfffn))
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** An hour: a clock that is further behind than that was wrong before, or is another one. */
const farAhead = 3_600_000n << 12n
