import type { MessagePort } from 'node:worker_threads'
import type { FileId } from '@holdfast/storage/backend'
import type { PostedError } from './posted-error.ts'

/** What a worker thread is started with. */
export interface WorkerStart<Setup> {
  readonly setup: Setup
  readonly primitives: WebAssembly.Module
  /** replies to blocking calls arrive here … */
  readonly replies: MessagePort
  /** Int32: … and are announced by raising the first; the second is 1 when the thread must end */
  readonly bell: SharedArrayBuffer
}

/** Main thread → worker. */
export interface JobMessage<Job> {
  readonly id: number
  readonly job: Job
}

/** Worker → main thread. */
export type WorkerMessage<Result, Note> =
  | { readonly type: 'result'; readonly id: number; readonly result: Result }
  | { readonly type: 'failed'; readonly id: number; readonly error: PostedError }
  /** something to be told at once, without an answer: a finished pack, a warning */
  | { readonly type: 'note'; readonly note: Note }
  | { readonly type: 'call'; readonly call: BlockingCall }

/**
 * A question that the worker waits for while it is in the middle of synchronous work. `ticket` distinguishes calls that
 * were asked ahead of time.
 */
export type BlockingCall =
  /** `repository` is the position in the setup's list of repositories */
  | {
      readonly type: 'read'
      readonly ticket: number
      readonly repository: number
      readonly file: FileId
      readonly offset: number
      readonly length: number
      /** where the bytes may be put; the worker leaves it alone until it has the answer */
      readonly into?: SharedArrayBuffer
    }
  /** a fresh segment for claims, when the newest is full */
  | { readonly type: 'claims'; readonly ticket: number; readonly repository: number; readonly known: number }

export type BlockingReply =
  | { readonly ticket: number; readonly type: 'bytes'; readonly bytes: Uint8Array }
  | { readonly ticket: number; readonly type: 'value'; readonly value: unknown }
  | { readonly ticket: number; readonly type: 'failed'; readonly error: PostedError }
