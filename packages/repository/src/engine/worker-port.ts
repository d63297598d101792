import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  threadId,
  type Transferable,
  workerData,
} from 'node:worker_threads'
import { fromPostedError, toPostedError } from './posted-error.ts'
import type { BlockingCall, BlockingReply, JobMessage, WorkerMessage, WorkerStart } from './worker-protocol.ts'

type Unticketed<Call> = Call extends unknown ? Omit<Call, 'ticket'> : never

/** The worker's end of the pool: takes jobs one after another, answers each, and can ask the main thread and wait. */
export interface WorkerPort<Setup, Note> {
  readonly setup: Setup
  readonly primitives: WebAssembly.Module
  readonly threadId: number
  note(note: Note, transfer?: Transferable[]): void
  /** Asks without waiting; `await` the answer later with `receive`. */
  ask(call: Unticketed<BlockingCall>): number
  /** Blocks the thread until the answer is there. */
  receive(ticket: number): BlockingReply
}

export function openWorkerPort<Setup, Note>(): WorkerPort<Setup, Note> {
  const port = workerOwnPort()
  // boundary: the pool that starts the thread passes exactly this
  const start = workerData as WorkerStart<Setup>
  const bell = new Int32Array(start.bell)
  const early = new Map<number, BlockingReply>()
  let tickets = 0
  const send = (message: WorkerMessage<never, Note>, transfer?: readonly Transferable[]): void =>
    port.postMessage(message, transfer)
  return {
    setup: start.setup,
    primitives: start.primitives,
    threadId,
    note: (note, transfer) => send({ type: 'note', note }, transfer),
    ask(call) {
      const ticket = ++tickets
      // boundary: adding the ticket to a call without one gives the call
      send({ type: 'call', call: { ...call, ticket } as BlockingCall })
      return ticket
    },
    receive(ticket) {
      for (;;) {
        const rung = Atomics.load(bell, 0)
        for (let m = receiveMessageOnPort(start.replies); m !== undefined; m = receiveMessageOnPort(start.replies)) {
          // boundary: only the pool writes to this port
          const reply = m.message as BlockingReply
          early.set(reply.ticket, reply)
        }
        const reply = early.get(ticket)
        if (reply !== undefined) {
          early.delete(ticket)
          if (reply.type === 'failed') throw fromPostedError(reply.error)
          return reply
        }
        Atomics.wait(bell, 0, rung)
      }
    },
  }
}

/** Answers every job with what `work` returns; `transfer` lists the buffers of a result that are handed over. */
// oxlint-disable-next-line no-unnecessary-type-parameters -- names what the pool posts, which arrives untyped
export function answerJobs<Job, Result>(
  work: (job: Job) => Result | Promise<Result>,
  transfer: (result: Result) => Transferable[] = () => [],
): void {
  const port = workerOwnPort()
  // boundary: the pool that starts the thread passes exactly this
  const { bell } = workerData as WorkerStart<unknown>
  const stopping = new Int32Array(bell, 4, 1)
  const answer = async (message: JobMessage<Job>): Promise<void> => {
    if (Atomics.load(stopping, 0) !== 0) return port.close()
    try {
      const pending = work(message.job)
      const result = pending instanceof Promise ? await pending : pending
      port.postMessage({ type: 'result', id: message.id, result }, transfer(result))
    } catch (error) {
      port.postMessage({ type: 'failed', id: message.id, error: toPostedError(error) })
    }
  }
  port.on('message', (message: JobMessage<Job>) => void answer(message))
}

function workerOwnPort(): MessagePort {
  if (parentPort === null) throw new Error('this module runs in a worker thread only')
  return parentPort
}
