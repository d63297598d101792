/** What a thread of scrypt is given: it mixes its lanes where they lie, and ends. */
export interface ScryptJob {
  readonly primitives: WebAssembly.Module
  /** all lanes, 128·r bytes each, in memory that the threads share */
  readonly lanes: Uint8Array
  readonly first: number
  /** this thread takes every so manyth lane from its first on */
  readonly stride: number
  readonly r: number
  readonly N: number
}
