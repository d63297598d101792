import type { Route, RouteInput } from '@holdfast/api/route'
import type { FastifyRequest } from 'fastify'
import { requestInvalid } from '../http/request-problems.ts'

type Given = Pick<FastifyRequest, 'params' | 'query' | 'body' | 'headers'>

const parts = ['params', 'query', 'body'] as const

/** Reads and checks what came in. What a route does not name has to be absent. Fails with REQUEST_INVALID. */
export function readInput(route: Route, request: Given): RouteInput<Route> {
  const [params, query, body] = parts.map((part) => {
    const given: unknown = (part === 'query' ? queryOf(route, request) : request[part]) ?? undefined
    const read = route[part]?.safeParse(given) ?? readNothing(given)
    if (!read.success) throw requestInvalid(route.name, part, read.error.issues)
    return read.data
  })
  const repeatKey = repeatKeyOf(route, request)
  // boundary: each has just been read by its schema
  return { params, query, body, ...(repeatKey !== undefined && { repeatKey }) } as RouteInput<Route>
}

const keyHeader = 'idempotency-key'

/** As a string of RFC 8941 or bare, as many clients send it. Fails with REQUEST_INVALID. */
function repeatKeyOf({ name, isRepeatable }: Route, { headers }: Given): string | undefined {
  const given = headers[keyHeader]
  if (isRepeatable !== true || given === undefined) return undefined
  const [, quoted, bare] = /^(?:"([\w.:~+/=-]{1,200})"|([\w.:~+/=-]{1,200}))$/.exec(String(given)) ?? []
  const key = quoted ?? bare
  if (key !== undefined) return key
  const message = 'takes up to 200 letters, digits and characters of - _ . : ~ + / =, in quotation marks or bare'
  throw requestInvalid(name, 'headers', [{ path: [keyHeader], message }])
}

/** A browser that comes back to a stream names the last event by a header. */
function queryOf({ reply }: Route, { query, headers }: Given): unknown {
  const last = headers['last-event-id']
  if (reply.kind !== 'events' || typeof last !== 'string' || typeof query !== 'object') return query
  return { ...query, after: last.slice(0, 100) }
}

/** What a route does not have may be there as an empty object, as some clients send it. */
function readNothing(given: unknown) {
  if (given === undefined || (typeof given === 'object' && given !== null && Object.keys(given).length === 0)) {
    return { success: true, data: {} } as const
  }
  const message = 'nothing is taken here'
  return { success: false, error: { issues: [{ path: [], message }] } } as const
}
