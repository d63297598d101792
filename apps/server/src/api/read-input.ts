import type { Route, RouteInput } from '@holdfast/api/route'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { requestInvalid } from './request-problems.ts'

const parts = ['params', 'query', 'body'] as const

/** Reads and checks what came in. What a route does not name has to be absent. Fails with REQUEST_INVALID. */
export function readInput(route: Route, request: Pick<FastifyRequest, 'params' | 'query' | 'body'>): RouteInput<Route> {
  const [params, query, body] = parts.map((part) => {
    const schema: z.ZodType | undefined = route[part]
    if (schema === undefined) return {}
    const read = schema.safeParse(request[part] ?? undefined)
    if (!read.success) throw requestInvalid(route.name, part, read.error)
    return read.data
  })
  // boundary: each has just been read by its schema
  return { params, query, body } as RouteInput<Route>
}
