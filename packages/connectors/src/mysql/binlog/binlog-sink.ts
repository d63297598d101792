import type { Context } from '@holdfast/core/context'
import type { SliceFacts } from './slice-facts.ts'

/**
 * Where a follower puts the binary log. It calls one method at a time, in the order of the log. A method that throws ends
 * the following, so what may pass by itself (a store that cannot be reached) is retried within.
 */
export interface BinlogSink {
  /** The newest slice that is stored, which from now on does not grow any more; undefined when there is none. */
  resumeAt(ctx: Context): Promise<SliceFacts | undefined>
  /** A slice that does not change any more; the bytes are the sink's from now on. May return before it is durable. */
  slice(slice: BinlogSlice, ctx: Context): Promise<void>
  /** The slice that still grows, from its first byte: replaces the tip before it. Durable when it returns. */
  tip(slice: BinlogSlice, ctx: Context): Promise<void>
  /** Makes durable what was accepted. */
  flush(ctx: Context): Promise<void>
}

export interface BinlogSlice {
  readonly bytes: Buffer
  readonly facts: SliceFacts
}
