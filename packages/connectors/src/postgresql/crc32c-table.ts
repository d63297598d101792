/** Without the lowest bit's term, x^32; the bits are reflected: the highest power is the lowest bit. */
const polynomial = 0x82f6_3b78

/** The sum after so many bits of zeros behind what gave `crc`: multiplied by that power of x. */
export function crc32cAfterZeros(crc: number, bits: number): number {
  let sum = crc
  for (let bit = 0; bit < bits; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ polynomial : sum >>> 1
  return sum >>> 0
}

/** by byte: its sum */
export const crc32cTable = Int32Array.from({ length: 256 }, (_, byte) => crc32cAfterZeros(byte, 8))
