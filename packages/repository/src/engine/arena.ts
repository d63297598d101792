import { addressOf, releasePages } from '../native/release-memory.ts'
import { compilePrimitives, firstFreeAddress, loadPrimitives, type Primitives } from '../wasm/primitives.ts'

/**
 * One block of WebAssembly memory that a thread reads into, cuts, compresses, seals and writes from, so that payload
 * bytes are copied as little as possible and never become garbage. Addresses are offsets into `bytes`. Pages that are
 * never touched cost nothing.
 */
export class Arena {
  readonly bytes: Buffer
  readonly primitives: Primitives
  #next = firstFreeAddress
  #address: number | undefined

  constructor(totalBytes: number, module: WebAssembly.Module = compilePrimitives()) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((firstFreeAddress + totalBytes) / 65536) })
    this.bytes = Buffer.from(memory.buffer)
    this.primitives = loadPrimitives(memory, module)
  }

  /** Sets a region aside for good; returns its address. Running out is a bug of the caller's sum. */
  reserve(sizeBytes: number): number {
    const at = this.#next
    this.#next = Math.ceil((at + sizeBytes) / 64) * 64
    if (this.#next > this.bytes.length) throw new Error('the arena is too small for its regions')
    return at
  }

  /**
   * Gives the pages of a region back, except for its beginning. A blob of the largest size is rare, but without this its
   * pages would stay with every thread that ever met one.
   */
  release(region: { readonly at: number; readonly sizeBytes: number }, keepBytes: number): void {
    this.#address ??= addressOf(this.bytes)
    if (this.#address === undefined) return
    releasePages(this.#address, region.at + keepBytes, region.at + region.sizeBytes)
  }
}
