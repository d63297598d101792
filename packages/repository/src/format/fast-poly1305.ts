import { firstFreeAddress, loadPrimitives, type Primitives, scratchAddress } from '../wasm/primitives.ts'

const windowBytes = 1 << 20
const keyAddress = scratchAddress
const oneTimeAddress = scratchAddress + 16
const tagAddress = scratchAddress + 32

interface Machine {
  readonly primitives: Primitives
  readonly memory: Uint8Array
}

// The one piece of state here: instantiated once per thread on first use, because compiling costs a millisecond.
let machine: Machine | undefined

/** Poly1305 in WebAssembly, for a message anywhere in memory: it is copied through a window of 1 MiB. */
export function fastPoly1305(r: Uint8Array, s: Uint8Array, message: Uint8Array): Buffer {
  machine ??= startMachine()
  const { primitives, memory } = machine
  memory.set(r, keyAddress)
  memory.set(s, oneTimeAddress)
  primitives.setPolyKey(keyAddress)
  primitives.polyStart()
  for (let at = 0; at < message.length; at += windowBytes) {
    const part = message.subarray(at, at + windowBytes)
    memory.set(part, firstFreeAddress)
    primitives.polyUpdate(firstFreeAddress, part.length)
  }
  primitives.polyFinish(oneTimeAddress, tagAddress)
  const tag = Buffer.from(memory.subarray(tagAddress, tagAddress + 16))
  memory.fill(0, scratchAddress, scratchAddress + 48)
  return tag
}

function startMachine(): Machine {
  const memory = new WebAssembly.Memory({ initial: (firstFreeAddress + windowBytes) / 65536 })
  return { primitives: loadPrimitives(memory), memory: new Uint8Array(memory.buffer) }
}
