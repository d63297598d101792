/** Worker thread of scrypt: the memory-hard part of some of its lanes. */
import { workerData } from 'node:worker_threads'
import { firstFreeAddress, loadPrimitives } from '../wasm/primitives.ts'
import type { ScryptJob } from './scrypt-job.ts'

// boundary: scrypt.ts passes exactly this
const { primitives, lanes, first, stride, r, N } = workerData as ScryptJob
const laneBytes = 128 * r
// the lane, N blocks of its size, and the two that are mixed in turn
const pages = Math.ceil((firstFreeAddress + laneBytes * (N + 3)) / 65536)
const memory = new WebAssembly.Memory({ initial: pages })
const { scryptRoMix } = loadPrimitives(memory, primitives)
const own = new Uint8Array(memory.buffer, firstFreeAddress, laneBytes)
for (let at = first * laneBytes; at < lanes.length; at += stride * laneBytes) {
  own.set(lanes.subarray(at, at + laneBytes))
  scryptRoMix(firstFreeAddress, firstFreeAddress + laneBytes, r, N)
  lanes.set(own, at)
}
