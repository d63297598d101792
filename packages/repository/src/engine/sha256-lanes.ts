import { libc } from '../native/libc.ts'
import { processorFlags } from '../native/processor-flags.ts'
import { sha256 } from './sha256.ts'

/** Part of a buffer. */
export interface Span {
  readonly at: number
  readonly length: number
}

export const laneCount = 8

/** Hashes up to eight spans of a buffer in the time that the longest takes; 64 lower-case hex digits each, in the same order. */
export type Sha256Lanes = (bytes: Buffer, spans: readonly Span[]) => string[]

/** Whether lanes are faster here than OpenSSL's hash of one message, which they are not where it has instructions for SHA-256. */
export function lanesPay(): boolean {
  const flags = processorFlags()
  return flags.has('avx2') && !flags.has('sha_ni')
}

/** One per thread, made at first use. */
let opened: { readonly lanes: Sha256Lanes | undefined } | undefined

/**
 * The routine with which OpenSSL hashes several TLS records at once (crypto/sha/asm/sha256-mb-x86_64.pl), as the `node`
 * program exports it on x86-64; undefined where there is none, or where it does not hash as the rest of OpenSSL does.
 * It is not a documented interface (decision 035), and therefore tried before it is used.
 */
export function sha256Lanes(): Sha256Lanes | undefined {
  opened ??= { lanes: open() }
  return opened.lanes
}

const blockBytes = 64
const initialState = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
] as const
const wordBytes = 4 * laneCount
const hashBytes = 4 * initialState.length
/** as the routine counts: lanes in fours */
const fours = laneCount / 4

/*
 * The routine's memory: the state, word by word with the lanes side by side; for each lane a pointer and a number of blocks;
 * then room for the last blocks of each message with its padding. It wants the state at a multiple of 32.
 */
const inputsAt = wordBytes * initialState.length
const inputBytes = 16
const endsAt = inputsAt + inputBytes * laneCount
const endBytes = 2 * blockBytes
const alignment = 64

function open(): Sha256Lanes | undefined {
  const system = libc()
  const mix = system?.bind('void sha256_multi_block(uintptr_t state, uintptr_t inputs, int fours)')
  if (system === undefined || mix === undefined) return undefined
  const reserved = system.reserve(endsAt + endBytes * laneCount + alignment)
  const address = Math.ceil(reserved.address / alignment) * alignment
  const memory = reserved.buffer.subarray(address - reserved.address)

  const setInput = (lane: number, from: number, blocks: number): void => {
    memory.writeBigUInt64LE(BigInt(from), inputsAt + lane * inputBytes)
    memory.writeInt32LE(blocks, inputsAt + lane * inputBytes + 8)
  }
  /** A lane without a message has no blocks, and is left alone. */
  const mixAll = (inputOf: (lane: number) => readonly [from: number, blocks: number] | undefined): void => {
    for (let lane = 0; lane < laneCount; lane++) setInput(lane, ...(inputOf(lane) ?? ([address, 0] as const)))
    mix(address, address + inputsAt, fours)
  }
  /** Writes what comes behind a message's last whole block: its rest, a one, zeros, its length in bits (FIPS 180-4, 5.1.1). */
  const pad = (lane: number, bytes: Buffer, { at, length }: Span): number => {
    const restBytes = length % blockBytes
    const end = memory.subarray(endsAt + lane * endBytes, endsAt + (lane + 1) * endBytes)
    const blocks = restBytes + 9 > blockBytes ? 2 : 1
    end.fill(0)
    bytes.copy(end, 0, at + length - restBytes, at + length)
    end[restBytes] = 0x80
    end.writeBigUInt64BE(8n * BigInt(length), blocks * blockBytes - 8)
    return blocks
  }
  const digest = Buffer.alloc(hashBytes)
  const lanes: Sha256Lanes = (bytes, spans) => {
    const from = system.addressOf(bytes)
    for (const [word, value] of initialState.entries()) {
      for (let lane = 0; lane < laneCount; lane++) memory.writeUInt32LE(value, word * wordBytes + lane * 4)
    }
    const whole = spans.map(({ at, length }) => [from + at, Math.floor(length / blockBytes)] as const)
    if (whole.some(([, blocks]) => blocks > 0)) mixAll((lane) => whole[lane])
    const ends = spans.map((span, lane) => [address + endsAt + lane * endBytes, pad(lane, bytes, span)] as const)
    mixAll((lane) => ends[lane])
    return spans.map((_, lane) => {
      for (let word = 0; word < initialState.length; word++) {
        digest.writeUInt32BE(memory.readUInt32LE(word * wordBytes + lane * 4), word * 4)
      }
      return digest.toString('hex')
    })
  }
  return hashesRight(lanes) ? lanes : undefined
}

/** Fewer messages than lanes, of lengths around a block's and none, against OpenSSL's documented hash. */
function hashesRight(lanes: Sha256Lanes): boolean {
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 167) % 251))
  const spans = [0, 1, 55, 56, 64, 119, 300].map((length) => ({ at: 300 - length, length }))
  const hashes = lanes(bytes, spans)
  return spans.every(({ at, length }, i) => hashes[i] === sha256(bytes.subarray(at, at + length)))
}
