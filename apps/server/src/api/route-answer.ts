import type { Readable } from 'node:stream'
import type { Caller } from '@holdfast/api/caller'
import type { Route, RouteInput, RouteReply } from '@holdfast/api/route'
import type { Context } from '@holdfast/core/context'

/** The bytes of a file, with what the browser is to know of it. `name` comes from outside and is quoted by the sender. */
export interface FileReply {
  readonly name: string
  readonly mediaType: string
  /** known beforehand, so that a transfer cut short is noticed */
  readonly sizeBytes?: number
  readonly content: Readable
}

/** One event of a stream; `id` grows, so that a client can go on after the last that it has seen. */
export interface EventReply<Data> {
  readonly id: string
  readonly data: Data
}

/**
 * Answers one route. The input has been checked and the caller may use the route; whether it may see the source is for
 * the answer to ask (`maySee`). Fails with AppErrors that the client is told. `ctx.signal` is aborted when the client
 * goes away.
 */
export type RouteAnswer<Of extends Route> = (
  input: RouteInput<Of>,
  caller: Caller,
  ctx: Context,
) => Promise<
  Of['reply'] extends { readonly kind: 'file' }
    ? FileReply
    : Of['reply'] extends { readonly kind: 'events' }
      ? AsyncIterable<EventReply<RouteReply<Of>>>
      : RouteReply<Of>
>
