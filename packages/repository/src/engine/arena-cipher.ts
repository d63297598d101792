import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { type Cipheriv, createCipheriv, createHash, randomFillSync } from 'node:crypto'
import type { MasterKey } from '../format/master-key.ts'
import { scratchAddress } from '../wasm/primitives.ts'
import type { Arena } from './arena.ts'
import { releaseBuffer } from './release-buffer.ts'

const vectorBytes = 16
const macBytes = 16
/** Cipher output is a fresh buffer each time; slices of this size stay in the processor's cache and are freed at once. */
const sliceBytes = 131072
/** Texts up to this size are worth handling in batches. */
const smallTextBytes = 16384

/** Whether a sealed blob is one to be opened with others in a batch. */
export function isSmall(sealedLength: number): boolean {
  return sealedLength <= smallTextBytes + sealOverheadBytes
}

const macAddress = scratchAddress + 32
const oneTimeAddress = scratchAddress + 16

/** Which cipher's r the arena's Poly1305 holds at the moment. */
const polyKeyOwner = new WeakMap<Arena, ArenaCipher>()

/**
 * Encrypts and authenticates in place, in an arena (A4 of the format: IV ‖ AES-256-CTR ‖ Poly1305-AES). One per thread
 * and key; `keyStreamBytes` bounds how much is batched.
 *
 * Counter mode is made here from AES-ECB over counter blocks, with two cipher objects for all messages: a cipher object
 * for each message costs more than a small one's encryption, and its memory outside the heap piles up unseen.
 */
export class ArenaCipher {
  readonly #arena: Arena
  readonly #macR: Buffer
  readonly #oneTime: Cipheriv
  readonly #blocks: Cipheriv
  readonly #keyStream: number
  readonly #keyStreamBytes: number

  constructor(arena: Arena, key: MasterKey, keyStreamBytes = 2 * sliceBytes) {
    if (keyStreamBytes < sliceBytes) throw new Error('the key stream must hold a slice')
    this.#arena = arena
    this.#macR = key.macR
    this.#keyStream = arena.reserve(keyStreamBytes)
    this.#keyStreamBytes = keyStreamBytes
    this.#oneTime = createCipheriv('aes-128-ecb', key.macK, null).setAutoPadding(false)
    this.#blocks = createCipheriv('aes-256-ecb', key.encrypt, null).setAutoPadding(false)
  }

  /** Text of `length` bytes lies at `at + 16`; afterwards the sealed bytes lie at `at`, `length + 32` long. */
  seal(at: number, length: number): void {
    const { bytes } = this.#arena
    randomFillSync(bytes, at, vectorBytes)
    this.#crypt(at, length, at + vectorBytes)
    this.#writeMac(at, length, at + vectorBytes + length)
  }

  /** The same for many small texts. */
  sealBatch(ats: readonly number[], lengths: readonly number[]): void {
    if (ats.length === 0) return
    const { bytes } = this.#arena
    const vectors = randomFillSync(Buffer.allocUnsafe(ats.length * vectorBytes))
    for (const [i, at] of ats.entries()) bytes.set(vectors.subarray(i * 16, i * 16 + 16), at)
    this.#applyKeyStream(ats, lengths, ats, 16)
    this.#forEachMac(vectors, (i) => {
      const [at = 0, length = 0] = [ats[i], lengths[i]]
      this.#arena.primitives.poly1305(at + 16, length, oneTimeAddress, at + 16 + length)
    })
  }

  /** Checks the MAC of the sealed bytes at `at` and decrypts them to `target`; false when the MAC is wrong. */
  open(at: number, sealedLength: number, target: number): boolean {
    const length = sealedLength - sealOverheadBytes
    if (length < 0) return false
    this.#writeMac(at, length, macAddress)
    if (!this.#sameMac(at + 16 + length)) return false
    this.#crypt(at, length, target)
    return true
  }

  /**
   * SHA-256 of what the sealed bytes at `at` decrypt to, undefined when the MAC is wrong. The text is hashed slice by
   * slice and kept nowhere.
   */
  hashOpened(at: number, sealedLength: number): string | undefined {
    const { bytes, primitives } = this.#arena
    const length = sealedLength - sealOverheadBytes
    this.#writeMac(at, length, macAddress)
    if (!this.#sameMac(at + 16 + length)) return undefined
    const hash = createHash('sha256')
    for (let done = 0; done < length; done += sliceBytes) {
      const size = Math.min(sliceBytes, length - done)
      this.#makeKeyStream(at, done / 16, size)
      primitives.xorInto(this.#keyStream, at + vectorBytes + done, this.#keyStream, size)
      hash.update(bytes.subarray(this.#keyStream, this.#keyStream + size))
    }
    return hash.digest('hex')
  }

  /** `open` for many small ones; returns the position of the first with a wrong MAC, or −1. */
  openBatch(ats: readonly number[], sealedLengths: readonly number[], targets: readonly number[]): number {
    if (ats.length === 0) return -1
    const { bytes, primitives } = this.#arena
    const vectors = Buffer.allocUnsafe(ats.length * vectorBytes)
    for (const [i, at] of ats.entries()) vectors.set(bytes.subarray(at, at + vectorBytes), i * 16)
    const lengths = sealedLengths.map((sealed) => sealed - sealOverheadBytes)
    let wrong = -1
    this.#forEachMac(vectors, (i) => {
      const [at = 0, length = 0] = [ats[i], lengths[i]]
      primitives.poly1305(at + 16, length, oneTimeAddress, macAddress)
      if (wrong < 0 && !this.#sameMac(at + 16 + length)) wrong = i
    })
    if (wrong < 0) this.#applyKeyStream(ats, lengths, targets, 0)
    return wrong
  }

  #sameMac(stored: number): boolean {
    const { bytes } = this.#arena
    let difference = 0
    for (let i = 0; i < macBytes; i++) difference |= (bytes[macAddress + i] ?? 0) ^ (bytes[stored + i] ?? 0)
    return difference === 0
  }

  #writeMac(at: number, length: number, target: number): void {
    const { bytes, primitives } = this.#arena
    this.#usePolyKey()
    bytes.set(this.#oneTime.update(bytes.subarray(at, at + vectorBytes)), oneTimeAddress)
    primitives.poly1305(at + 16, length, oneTimeAddress, target)
  }

  #forEachMac(vectors: Buffer, work: (i: number) => void): void {
    this.#usePolyKey()
    const oneTimes = this.#oneTime.update(vectors)
    for (let i = 0; i < vectors.length / 16; i++) {
      this.#arena.bytes.set(oneTimes.subarray(i * 16, i * 16 + 16), oneTimeAddress)
      work(i)
    }
  }

  #usePolyKey(): void {
    if (polyKeyOwner.get(this.#arena) === this) return
    this.#arena.bytes.set(this.#macR, scratchAddress)
    this.#arena.primitives.setPolyKey(scratchAddress)
    polyKeyOwner.set(this.#arena, this)
  }

  /** target = text at `at + 16` xor the key stream of the vector at `at`; encrypts and decrypts alike. */
  #crypt(at: number, length: number, target: number): void {
    for (let done = 0; done < length; done += sliceBytes) {
      const size = Math.min(sliceBytes, length - done)
      this.#makeKeyStream(at, done / 16, size)
      this.#arena.primitives.xorInto(target + done, at + vectorBytes + done, this.#keyStream, size)
    }
  }

  /** One slice of a message's key stream, from a block of it on. */
  #makeKeyStream(vector: number, firstBlock: number, length: number): void {
    const blocks = Math.ceil(length / 16)
    const stream = this.#keyStream
    this.#arena.primitives.counterBlocks(stream, vector, firstBlock, blocks)
    this.#takeOver(this.#blocks.update(this.#arena.bytes.subarray(stream, stream + blocks * 16)), stream)
  }

  /** Copies a cipher's output into the arena and frees it now instead of at the next garbage collection. */
  #takeOver(output: Buffer, target: number): void {
    this.#arena.bytes.set(output, target)
    releaseBuffer(output)
  }

  /** target = text xor key stream, for texts at `at + 16`, where the vector lies at `at`. */
  #applyKeyStream(
    ats: readonly number[],
    lengths: readonly number[],
    targets: readonly number[],
    targetShift: number,
  ): void {
    let first = 0
    while (first < ats.length) {
      const last = this.#fillKeyStream(ats, lengths, first)
      let stream = this.#keyStream
      for (let i = first; i < last; i++) {
        const [at = 0, length = 0, target = 0] = [ats[i], lengths[i], targets[i]]
        this.#arena.primitives.xorInto(target + targetShift, at + 16, stream, length)
        stream += Math.ceil(length / 16) * 16
      }
      first = last
    }
  }

  /** Makes the key streams of as many texts as fit, from `first` on; returns the end. */
  #fillKeyStream(ats: readonly number[], lengths: readonly number[], first: number): number {
    const { bytes, primitives } = this.#arena
    let end = this.#keyStream
    let i = first
    for (; i < ats.length; i++) {
      const blocks = Math.ceil((lengths[i] ?? 0) / 16)
      if (end + blocks * 16 > this.#keyStream + this.#keyStreamBytes) break
      primitives.counterBlocks(end, ats[i] ?? 0, 0, blocks)
      end += blocks * 16
    }
    if (i === first) throw new Error('a text is too long to be sealed in a batch')
    for (let at = this.#keyStream; at < end; at += sliceBytes) {
      this.#takeOver(this.#blocks.update(bytes.subarray(at, Math.min(at + sliceBytes, end))), at)
    }
    return i
  }
}
