/** The part of the WebAssembly JavaScript interface used here; TypeScript ships it only with the browser's library. */
declare namespace WebAssembly {
  // oxlint-disable-next-line no-extraneous-class -- this is how the interface is
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number })
    readonly buffer: ArrayBuffer
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>)
    readonly exports: Record<string, unknown>
  }
}
