import { readFileSync } from 'node:fs'

/**
 * The sums that JavaScript is too slow for, compiled from `assembly/`. They work on the memory given at instantiation;
 * addresses are byte offsets into it. The lowest 64 KiB belong to them.
 */
export interface Sums {
  /** the address of 4 × 4 × 2 tables of 16 bytes, which the caller writes before it folds */
  readonly foldingTables: { readonly value: number }
  /** the address of the 128 bytes that `fold` writes */
  readonly foldedBlock: { readonly value: number }
  /** `end` lies a positive multiple of 128 bytes behind `at` */
  fold(at: number, end: number): void
  /** the 32 sums of a data page joined into one, signed; `end` lies a multiple of 128 bytes behind `at` */
  pageSum(at: number, end: number): number
}

/** Where the caller's own part of the memory begins. */
export const firstFreeAddress = 65536

/**
 * One for the whole life of the process. Threads share what V8 compiled, and V8 (13.6, in Node 24) ends the process now and then
 * when that is freed with a thread while it is still being optimised: so it is compiled in the main thread before others need it.
 */
let compiled: WebAssembly.Module | undefined

/** The committed module, compiled. */
export function compileSums(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./sums.wasm', import.meta.url)))
  return compiled
}

/** Instantiates the sums on a memory of their own, with room for so many bytes behind `firstFreeAddress`. */
export function openSums(inputBytes: number): { readonly sums: Sums; readonly bytes: Uint8Array<ArrayBuffer> } {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((firstFreeAddress + inputBytes) / 65536) })
  // the module's exports are exactly this interface (checked by the tests of both sums); WebAssembly's own type is untyped
  const sums = new WebAssembly.Instance(compileSums(), { env: { memory } }).exports as unknown as Sums
  return { sums, bytes: new Uint8Array(memory.buffer) }
}
