import { type Code, unsigned } from './vector-code.ts'

export interface VectorFunctionOptions {
  /** locals 0 and 1 are the parameters; so many further ones are vectors of 16 bytes */
  readonly vectors: number
  /** must leave one integer, the result */
  readonly code: Code
  readonly memoryBytes: number
}

/** A function of two addresses in a memory of its own. */
export interface VectorFunction {
  readonly bytes: Uint8Array
  call(from: number, end: number): number
}

const integerType = 0x7f
const vectorType = 0x7b
const pageBytes = 65536

/**
 * Makes a loop that JavaScript is too slow for. Connectors cannot use the engine's module, and these loops are unrolled over
 * tables, so they are written down as instructions where they are explained (decision 037). Source of the format: WebAssembly
 * Core Specification 2.0, 5.5, "Modules".
 */
export function makeVectorFunction({ vectors, code, memoryBytes }: VectorFunctionOptions): VectorFunction {
  const body = [...list([[...unsigned(vectors), vectorType]]), ...code, 0x0b]
  const pages = Math.ceil(memoryBytes / pageBytes)
  const module = Uint8Array.from([
    ...[0x00, ...Buffer.from('asm'), 1, 0, 0, 0],
    ...section(1, [[0x60, ...list([[integerType], [integerType]]), ...list([[integerType]])]]),
    ...section(2, [[...name('env'), ...name('memory'), 2, 0, ...unsigned(pages)]]),
    ...section(3, [[0]]),
    ...section(7, [[...name('call'), 0, 0]]),
    ...section(10, [[...unsigned(body.length), ...body]]),
  ])
  const memory = new WebAssembly.Memory({ initial: pages })
  // boundary: the module's only export has the type written above
  const { call } = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory } })
    .exports as unknown as VectorFunction
  return { bytes: new Uint8Array(memory.buffer), call }
}

function section(id: number, items: readonly Code[]): Code {
  const content = list(items)
  return [id, ...unsigned(content.length), ...content]
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()]
}

function name(text: string): Code {
  return [...unsigned(text.length), ...Buffer.from(text)]
}
