import type { Route } from '@holdfast/api/route'
import type { Context } from '@holdfast/core/context'
import type { FastifyReply } from 'fastify'
import type { EventReply, FileReply } from './route-answer.ts'
import { sendEvents } from './send-events.ts'
import { sendFile } from './send-file.ts'

/** Sends what a route was answered with. */
export async function sendReply(route: Route, made: unknown, reply: FastifyReply, ctx: Context): Promise<void> {
  switch (route.reply.kind) {
    case 'json': {
      const status = route.reply.status ?? 200
      reply.code(status).header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
      await (status === 204 ? reply.send() : reply.type('application/json; charset=utf-8').send(jsonOf(made)))
      return
    }
    case 'file':
      // boundary: the type of the answer follows from the kind of reply
      await sendFile(made as FileReply, reply)
      return
    case 'events':
      await sendEvents(made as AsyncIterable<EventReply<unknown>>, reply, {}, ctx)
  }
}

/** Of answers that are given many times a second, the same object. */
const written = new WeakMap<object, Buffer>()

function jsonOf(made: unknown): Buffer | string {
  if (typeof made !== 'object' || made === null) return JSON.stringify(made)
  const known = written.get(made)
  if (known !== undefined) return known
  const bytes = Buffer.from(JSON.stringify(made))
  written.set(made, bytes)
  return bytes
}
