import type { Route, RouteInput } from '@holdfast/api/route'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { requestInvalid } from './request-problems.ts'

type Given = Pick<FastifyRequest, 'params' | 'query' | 'body' | 'headers'>

const parts = ['params', 'query', 'body'] as const
/** of what a route does not have */
const absent = z.union([z.undefined(), z.null(), z.strictObject({})])

/** Reads and checks what came in. What a route does not name has to be absent. Fails with REQUEST_INVALID. */
export function readInput(route: Route, request: Given): RouteInput<Route> {
  const [params, query, body] = parts.map((part) => {
    const schema: z.ZodType | undefined = route[part]
    const given: unknown = part === 'query' ? queryOf(route, request) : request[part]
    const read = (schema ?? absent).safeParse(given ?? undefined)
    if (!read.success) throw requestInvalid(route.name, part, read.error)
    return read.data ?? {}
  })
  // boundary: each has just been read by its schema
  return { params, query, body } as RouteInput<Route>
}

/** A browser that comes back to a stream names the last event by a header. */
function queryOf({ reply }: Route, { query, headers }: Given): unknown {
  const last = headers['last-event-id']
  if (reply.kind !== 'events' || typeof last !== 'string' || typeof query !== 'object') return query
  return { ...query, after: last.slice(0, 100) }
}
