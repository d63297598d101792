import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import type { MasterKey } from '../format/master-key.ts'
import { scratchAddress } from '../wasm/primitives.ts'
import type { Arena } from './arena.ts'
import { releaseBuffer } from './release-buffer.ts'

/** Bytes that sealing adds: the initialisation vector before the text, the MAC after it. */
export const sealOverheadBytes = 32

const vectorBytes = 16
const macBytes = 16
/** Cipher output is a fresh buffer each time; slices of this size stay in the processor's cache and are freed at once. */
const sliceBytes = 131072
/** Below this a cipher object costs more than its work: key streams are made in batches instead. */
export const smallTextBytes = 16384

const macAddress = scratchAddress + 32
const oneTimeAddress = scratchAddress + 16

/** Which cipher's r the arena's Poly1305 holds at the moment. */
const polyKeyOwner = new WeakMap<Arena, ArenaCipher>()

/**
 * Encrypts and authenticates in place, in an arena (A4 of the format: IV ‖ AES-256-CTR ‖ Poly1305-AES). One per thread
 * and key; `keyStreamBytes` bounds how much is batched.
 */
export class ArenaCipher {
  readonly #arena: Arena
  readonly #macR: Buffer
  /** a key object spares each cipher the import of raw bytes (25 µs against 8) */
  readonly #encrypt: KeyObject
  /** Node spends five times as long on a key that is not wrapped */
  readonly #encryptKey: KeyObject
  readonly #oneTime: Cipheriv
  readonly #blocks: Cipheriv
  readonly #keyStream: number
  readonly #keyStreamBytes: number

  constructor(arena: Arena, key: MasterKey, keyStreamBytes = 262144) {
    this.#arena = arena
    this.#macR = key.macR
    this.#encrypt = createSecretKey(key.encrypt)
    this.#encryptKey = createSecretKey(key.encrypt)
    this.#keyStream = arena.reserve(keyStreamBytes)
    this.#keyStreamBytes = keyStreamBytes
    this.#oneTime = createCipheriv('aes-128-ecb', key.macK, null).setAutoPadding(false)
    this.#blocks = createCipheriv('aes-256-ecb', key.encrypt, null).setAutoPadding(false)
  }

  /** Text of `length` bytes lies at `at + 16`; afterwards the sealed bytes lie at `at`, `length + 32` long. */
  seal(at: number, length: number): void {
    const { bytes } = this.#arena
    randomFillSync(bytes, at, vectorBytes)
    this.#crypt(
      createCipheriv('aes-256-ctr', this.#encryptKey, bytes.subarray(at, at + vectorBytes)),
      at + 16,
      length,
      at + 16,
    )
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
    const { bytes } = this.#arena
    this.#writeMac(at, length, macAddress)
    if (!this.#sameMac(at + 16 + length)) return false
    if (length <= smallTextBytes) {
      this.#applyKeyStream([at], [length], [target], 0)
      return true
    }
    const vector = bytes.subarray(at, at + vectorBytes)
    this.#crypt(createDecipheriv('aes-256-ctr', this.#encryptKey, vector), at + 16, length, target)
    return true
  }

  /**
   * SHA-256 of what the sealed bytes at `at` decrypt to, undefined when the MAC is wrong. The text is hashed slice by
   * slice and kept nowhere.
   */
  hashOpened(at: number, sealedLength: number): string | undefined {
    const { bytes } = this.#arena
    const length = sealedLength - sealOverheadBytes
    this.#writeMac(at, length, macAddress)
    if (!this.#sameMac(at + 16 + length)) return undefined
    const cipher = createDecipheriv('aes-256-ctr', this.#encrypt, bytes.subarray(at, at + vectorBytes))
    const hash = createHash('sha256')
    for (let done = 0; done < length; done += sliceBytes) {
      const from = at + vectorBytes + done
      const slice = cipher.update(bytes.subarray(from, from + Math.min(sliceBytes, length - done)))
      hash.update(slice)
      releaseBuffer(slice)
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

  #crypt(cipher: Pick<Cipheriv, 'update'>, from: number, length: number, target: number): void {
    const { bytes } = this.#arena
    for (let done = 0; done < length; done += sliceBytes) {
      const size = Math.min(sliceBytes, length - done)
      this.#takeOver(cipher.update(bytes.subarray(from + done, from + done + size)), target + done)
    }
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
      primitives.counterBlocks(end, ats[i] ?? 0, blocks)
      end += blocks * 16
    }
    if (i === first) throw new Error('a text is too long to be sealed in a batch')
    for (let at = this.#keyStream; at < end; at += sliceBytes) {
      this.#takeOver(this.#blocks.update(bytes.subarray(at, Math.min(at + sliceBytes, end))), at)
    }
    return i
  }
}
