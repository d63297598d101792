import { pbkdf2, scrypt as scryptOfNode } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { compilePrimitives } from '../wasm/primitives.ts'
import type { ScryptJob } from './scrypt-job.ts'

/** How costly it is to derive a key from a password; memory is 128·N·r bytes, time grows with N·r·p. */
export interface ScryptCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** N·r·p below which starting threads takes longer than it saves: OpenSSL needs 0.15 s for it. */
const leastWork = 2 ** 18
/** For all threads together; a lane of the usual cost takes 32 MiB. */
const memoryAtMost = 2 ** 27

const pbkdf2Async = promisify(pbkdf2)

/**
 * scrypt (RFC 7914). Its p lanes are independent of each other, but OpenSSL mixes one after the other, which was most of
 * the time of every short command: here each has a thread, and vectors.
 */
export async function scrypt(
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
  cost: ScryptCost,
): Promise<Buffer> {
  const threads = threadsFor(cost, availableParallelism())
  const derived = threads === 0 ? undefined : await scryptInThreads(password, salt, length, cost, threads)
  return derived ?? (await scryptOfOpenSsl(password, salt, length, cost))
}

/** How many threads to mix the lanes in; 0: leave all of it to OpenSSL. */
export function threadsFor({ N, r, p }: ScryptCost, processors: number): number {
  if (N * r * p < leastWork) return 0
  return Math.min(p, processors, Math.floor(memoryAtMost / (128 * N * r)))
}

/** Undefined when a thread could not do its part: for lack of memory, most likely, and OpenSSL needs less. */
export async function scryptInThreads(
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
  { N, r, p }: ScryptCost,
  threads: number,
): Promise<Buffer | undefined> {
  const start = await pbkdf2Async(password, salt, 1, p * 128 * r, 'sha256')
  const lanes = Buffer.from(new SharedArrayBuffer(start.length))
  lanes.set(start)
  const primitives = compilePrimitives()
  const jobs = Array.from({ length: threads }, (_, first) => ({ primitives, lanes, first, stride: threads, r, N }))
  const done = await Promise.all(jobs.map(runThread))
  return done.every(Boolean) ? await pbkdf2Async(password, lanes, 1, length, 'sha256') : undefined
}

/** Whether the thread came to the end of its job. */
function runThread(job: ScryptJob): Promise<boolean> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./scrypt-worker.ts', import.meta.url), { workerData: job })
    // the exit code says so too; without a listener the event would end the process
    worker.on('error', () => {})
    worker.on('exit', (code) => resolve(code === 0))
  })
}

function scryptOfOpenSsl(
  password: Uint8Array,
  salt: Uint8Array,
  length: number,
  { N, r, p }: ScryptCost,
): Promise<Buffer> {
  // Node's default limit of 32 MiB is met exactly by the usual cost, which then fails
  const maxmem = 256 * N * r + 1024 * r * p + (1 << 20)
  return new Promise((resolve, reject) => {
    scryptOfNode(password, salt, length, { N, r, p, maxmem }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}
