import { readFileSync } from 'node:fs'

/**
 * The hot loops that Node lacks, compiled from `assembly/`. They work on the memory given at instantiation; addresses
 * are byte offsets into it. The lowest 64 KiB belong to them, except for the scratch area (see `scratchAddress`).
 */
export interface Primitives {
  /** prepares the chunker; `polynomial` as in the repository's config */
  setPolynomial(polynomial: bigint): void
  /** first possible end of a chunk in (from, end], or 0; the 64 bytes before `from` must precede it in the file */
  findCut(from: number, end: number): number
  /** `r`: address of 16 bytes */
  setPolyKey(r: number): void
  polyStart(): void
  /** `length` must be a multiple of 16 except in the last call */
  polyUpdate(at: number, length: number): void
  /** `s`: address of the 16-byte one-time value; writes 16 bytes to `tag` */
  polyFinish(s: number, tag: number): void
  poly1305(at: number, length: number, s: number, tag: number): void
  /** `skip`: how many blocks after the vector to begin */
  counterBlocks(target: number, iv: number, skip: number, count: number): void
  xorInto(target: number, source: number, keyStream: number, length: number): void
  /** `lane`: 128·r bytes, mixed in place; `work`: room for 128·r·(n + 2) bytes; n is a power of two */
  scryptRoMix(lane: number, work: number, r: number, n: number): void
}

/** 512 bytes that callers may use for keys, one-time values and tags. */
export const scratchAddress = 512

/** Where the caller's own part of the memory begins. */
export const firstFreeAddress = 65536

/**
 * One for the whole life of the process, for two reasons: code that V8 has optimised is worth keeping, and V8 (13.6, in
 * Node 24) ends the process now and then when a module is freed while a background thread still optimises it ("Check failed:
 * jit_page.has_value()").
 */
let compiled: WebAssembly.Module | undefined

/** The committed module, compiled; a WebAssembly.Module can be posted to worker threads. */
export function compilePrimitives(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./primitives.wasm', import.meta.url)))
  return compiled
}

/** Instantiates the primitives on a memory of at least one page. */
export function loadPrimitives(memory: WebAssembly.Memory, module = compilePrimitives()): Primitives {
  const abort = (): never => {
    throw new Error('abort in WebAssembly')
  }
  // the module's exports are exactly this interface (checked by the tests beside it); WebAssembly's own type is untyped
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as Primitives
}
