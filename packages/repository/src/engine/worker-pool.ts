import { MessageChannel, type MessagePort, type Transferable, Worker } from 'node:worker_threads'
import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { releaseMemory } from '../native/release-memory.ts'
import { compilePrimitives } from '../wasm/primitives.ts'
import { fromPostedError, toPostedError } from './posted-error.ts'
import type { BlockingCall, BlockingReply, JobMessage, WorkerMessage, WorkerStart } from './worker-protocol.ts'

/** Young generation of a worker's heap: small, because the payload never lives there; keeps four workers under the memory bound. */
const youngGenerationMegabytes = 3
const stopTimeoutMs = 30_000
const releaseMemoryEveryMs = 1000

export interface WorkerPoolOptions<Setup, Note> {
  /** the worker's entry module, e.g. `new URL('./save-worker.ts', import.meta.url)` */
  readonly module: URL
  readonly count: number
  readonly setup: Setup
  /** what `read` calls are answered from, in the order of the setup */
  readonly backends: readonly Backend[]
  readonly onNote?: (note: Note, worker: number) => void
  /** answers the `claims` call */
  readonly onClaims?: (repository: number, known: number) => unknown
}

/** Worker threads that take jobs. A thread that dies fails every job it has and every later one. */
export interface WorkerPool<Job, Result> extends AsyncDisposable {
  readonly size: number
  /** jobs a worker has not answered yet */
  load(worker: number): number
  run(worker: number, job: Job, transfer?: readonly Transferable[]): Promise<Result>
}

interface Pending<Result> {
  resolve(result: Result): void
  reject(error: Error): void
}

interface Thread<Result> {
  readonly worker: Worker
  readonly replies: MessagePort
  readonly bell: Int32Array
  readonly pending: Map<number, Pending<Result>>
  dead?: Error
}

export function startWorkerPool<Setup, Job, Result, Note = never>(
  options: WorkerPoolOptions<Setup, Note>,
  ctx: Context,
): WorkerPool<Job, Result> {
  const primitives = compilePrimitives()
  const threads = Array.from({ length: options.count }, (_, i) =>
    startThread<Setup, Result, Note>(options, primitives, i, ctx),
  )
  const releasing = setInterval(releaseMemory, releaseMemoryEveryMs).unref()
  let jobs = 0
  const threadAt = (worker: number): Thread<Result> => {
    const thread = threads[worker]
    if (thread === undefined) throw new Error(`there is no worker ${worker}`)
    return thread
  }
  return {
    size: threads.length,
    load: (worker) => threadAt(worker).pending.size,
    run(worker, job, transfer) {
      const thread = threadAt(worker)
      if (thread.dead !== undefined) return Promise.reject(thread.dead)
      const id = ++jobs
      const message: JobMessage<Job> = { id, job }
      return new Promise((resolve, reject) => {
        thread.pending.set(id, { resolve, reject })
        thread.worker.postMessage(message, transfer)
      })
    },
    async [Symbol.asyncDispose]() {
      clearInterval(releasing)
      await Promise.all(threads.map(stopThread))
    },
  }
}

function startThread<Setup, Result, Note>(
  options: WorkerPoolOptions<Setup, Note>,
  primitives: WebAssembly.Module,
  position: number,
  ctx: Context,
): Thread<Result> {
  const { port1: replies, port2 } = new MessageChannel()
  const bell = new SharedArrayBuffer(8)
  const start: WorkerStart<Setup> = { setup: options.setup, primitives, replies: port2, bell }
  const worker = new Worker(options.module, {
    workerData: start,
    transferList: [port2],
    // large files are opened in one thread and read in others; the main thread closes them
    trackUnmanagedFds: false,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMegabytes },
  })
  const thread: Thread<Result> = { worker, replies, bell: new Int32Array(bell), pending: new Map() }
  const die = (error: Error): void => {
    thread.dead ??= error
    for (const { reject } of thread.pending.values()) reject(error)
    thread.pending.clear()
  }
  worker.on('error', (error) => die(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', (code) => die(new Error(`a worker thread ended with code ${code}`)))
  worker.on('message', (message: WorkerMessage<Result, Note>) => {
    if (message.type === 'note') return options.onNote?.(message.note, position)
    if (message.type === 'call') return void answerCall(thread, options, message.call, ctx)
    const pending = thread.pending.get(message.id)
    thread.pending.delete(message.id)
    if (message.type === 'result') pending?.resolve(message.result)
    else pending?.reject(fromPostedError(message.error))
  })
  return thread
}

/**
 * Lets a thread end by itself after the job it is in. Ending it by force in the middle of a foreign call would end the
 * whole process, so that is for threads that do not come back.
 */
async function stopThread<Result>({ worker, replies, bell, dead }: Thread<Result>): Promise<void> {
  if (dead === undefined) {
    Atomics.store(bell, 1, 1)
    const gone = new Promise((resolve) => worker.once('exit', resolve))
    const wakeUp: JobMessage<undefined> = { id: 0, job: undefined }
    worker.postMessage(wakeUp)
    const timer = setTimeout(() => void worker.terminate(), stopTimeoutMs)
    await gone
    clearTimeout(timer)
  }
  replies.close()
}

async function answerCall<Setup, Result, Note>(
  thread: Thread<Result>,
  options: WorkerPoolOptions<Setup, Note>,
  call: BlockingCall,
  ctx: Context,
): Promise<void> {
  const { reply, transfer } = await replyTo(options, call, ctx)
  thread.replies.postMessage(reply, transfer)
  Atomics.add(thread.bell, 0, 1)
  Atomics.notify(thread.bell, 0)
}

async function replyTo<Setup, Note>(
  options: WorkerPoolOptions<Setup, Note>,
  call: BlockingCall,
  ctx: Context,
): Promise<{ reply: BlockingReply; transfer: Transferable[] }> {
  const { ticket } = call
  try {
    if (call.type === 'claims') {
      return { reply: { ticket, type: 'value', value: options.onClaims?.(call.repository, call.known) }, transfer: [] }
    }
    const backend = options.backends[call.repository]
    if (backend === undefined) throw new Error(`there is no repository ${call.repository}`)
    const { file, offset, length, into } = call
    const range = { offset, length, ...(into === undefined ? {} : { into: new Uint8Array(into, 0, length) }) }
    const bytes = await backend.read(file, range, ctx)
    // a view of a larger buffer (the memory backend's own) must be copied, not handed over
    const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer
    const own = whole || bytes.buffer === into ? bytes : Uint8Array.from(bytes)
    return {
      reply: { ticket, type: 'bytes', bytes: own },
      transfer: own.buffer instanceof ArrayBuffer ? [own.buffer] : [],
    }
  } catch (error) {
    return { reply: { ticket, type: 'failed', error: toPostedError(error) }, transfer: [] }
  }
}
