import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Context } from '@holdfast/core/context'
import type { FastifyReply } from 'fastify'
import type { EventReply } from './route-answer.ts'

const heartbeatMs = 15_000
/** Who takes nothing for so long is cut off, and comes back with the id of the last event that it has seen. */
const usualPatienceMs = 30_000

/**
 * Server-sent events until one of both ends it. Nothing is kept for a client that does not read: the next event is asked
 * for when the one before has been taken.
 */
export async function sendEvents(
  events: AsyncIterable<EventReply<unknown>>,
  reply: FastifyReply,
  { patienceMs = usualPatienceMs }: { readonly patienceMs?: number },
  ctx: Context,
): Promise<void> {
  reply.hijack()
  const { raw } = reply
  // what hooks have said of this reply is not lost by writing it ourselves
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would hold events back
    'x-accel-buffering': 'no',
  })
  raw.write(': connected\n\n')
  const beating = setInterval(() => {
    if (raw.writableLength === 0) raw.write(': still here\n\n')
  }, heartbeatMs)
  try {
    for await (const { id, data } of events) {
      if (ctx.signal.aborted) break
      if (!raw.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`)) await taken(raw, patienceMs, ctx)
    }
    raw.end()
  } catch {
    // the status was sent long ago; a cut is all that can be said
    raw.destroy()
  } finally {
    clearInterval(beating)
  }
}

async function taken(raw: ServerResponse, patienceMs: number, ctx: Context): Promise<void> {
  await once(raw, 'drain', { signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(patienceMs)]) })
}
