import { type Caller, mayDo } from '@holdfast/api/caller'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpPart } from '../http/open-http.ts'
import type { AccessSurroundings } from './access-surroundings.ts'
import { type ApparentRequest, apparentRequest, clientOf } from './apparent-request.ts'
import { readCookie } from './cookie.ts'
import { endWhenOver } from './end-when-over.ts'
import { keepExchange } from './exchange.ts'
import { callerOfSecret, callerOfSession } from './identify-caller.ts'
import { type Openness, opennessOf } from './openness.ts'
import { refuseForeignChange, refuseRebound } from './refuse-foreign.ts'
import { readCredentials } from './read-credentials.ts'
import { createRequestLimiter, type RequestLimiter } from './request-limiter.ts'
import { sendSession, sessionCookie } from './session-cookie.ts'
import { strictTransport } from './strict-transport.ts'

const requestsPerMinute = 300
const longAnswerCheckMs = 60_000

/** Those who only ask whether the server lives need no name, and the gateway asks for credentials itself. */
const apart: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/gateway/*'])

/**
 * Finds out who asks, before anything else is done for them: by session, by token or secret of an agent, or by being on
 * this machine where that is enough. What comes from another site, or too often, is refused. Fails at the start with
 * SERVER_OPEN_TO_NETWORK.
 */
export function accessPart(surroundings: AccessSurroundings, ctx: Context): HttpPart {
  const { recheckMs = longAnswerCheckMs } = surroundings
  const door: Door = {
    surroundings,
    openness: opennessOf(surroundings.settings),
    limiter: createRequestLimiter(requestsPerMinute, () => ctx.now().getTime()),
    recheckMs,
  }
  return (app) => {
    app.addHook('onRequest', async (request, reply) => {
      const transport = strictTransport(surroundings.settings, request.headers.host ?? '')
      if (transport !== undefined) reply.header('strict-transport-security', transport)
      if (apart.has(routeOf(request))) request.caller = { ...nobody }
      else request.caller = await admit(request, reply, door, ctx)
    })
    app.addHook('onError', async (_request, reply, error) => {
      if (isAppError(error, 'REQUESTS_TOO_MANY')) reply.header('retry-after', String(error.details['seconds']))
    })
  }
}

interface Door {
  readonly surroundings: AccessSurroundings
  readonly openness: Openness
  readonly limiter: RequestLimiter
  readonly recheckMs: number
}

const nobody: Caller = { kind: 'nobody', name: 'nobody', role: 'none', sources: [] }
const local: Caller = { kind: 'local', name: 'local', role: 'admin' }

async function admit(request: FastifyRequest, reply: FastifyReply, door: Door, ctx: Context): Promise<Caller> {
  const { surroundings, openness, limiter } = door
  const seen = apparentRequest(request, surroundings.settings.behindProxy)
  if (openness === 'open') refuseRebound(request, seen)
  const session = readCookie(request.headers.cookie, sessionCookie)
  const client = clientOf(seen.address)
  const caller = await identify(request, reply, { session, seen, door }, ctx)
  // here nobody could keep others out by asking often, but a test or a script of this machine may well do so
  if (caller.kind !== 'local' && caller.kind !== 'agent') {
    const waitMs = limiter.take(caller.kind === 'nobody' ? client : `${caller.kind} ${caller.name}`)
    if (waitMs > 0) throw tooMany(`${requestsPerMinute} a minute`, waitMs)
  }
  if (routeOf(request) === '/metrics' && surroundings.settings.metrics !== 'public' && !mayDo(caller, 'viewer')) {
    throw new AppError('SIGN_IN_NEEDED', {})
  }
  keepExchange(caller, {
    address: client,
    ...(session !== undefined && { session }),
    setSession: (secret) => sendSession(reply, secret, seen.isSecure),
  })
  return caller
}

interface Arrival {
  readonly session: string | undefined
  readonly seen: ApparentRequest
  readonly door: Door
}

/** Always an object of its own, which the exchange is kept by. */
async function identify(
  request: FastifyRequest,
  reply: FastifyReply,
  { session, seen, door }: Arrival,
  ctx: Context,
): Promise<Caller> {
  const { surroundings, openness, limiter, recheckMs } = door
  const { authorization } = request.headers
  if (authorization !== undefined) {
    // what cannot be read is nobody's
    const secret = readCredentials(authorization)?.secret ?? ''
    const read = (): Promise<Caller> => callerOfSecret(secret, surroundings, ctx)
    try {
      const caller = await read()
      endWhenOver(caller, reply.raw, { again: read, everyMs: recheckMs })
      return caller
    } catch (error) {
      const waitMs = limiter.take(clientOf(seen.address))
      throw waitMs > 0 ? tooMany(`${requestsPerMinute} a minute`, waitMs) : error
    }
  }
  refuseForeignChange(request, seen, { hasCookie: session !== undefined })
  const read = async (isUse: boolean): Promise<Caller | undefined> =>
    session === undefined ? undefined : await callerOfSession(session, { isUse }, surroundings, ctx)
  const caller = await read(true)
  if (caller === undefined) return { ...(openness === 'open' ? local : nobody) }
  endWhenOver(caller, reply.raw, { again: () => read(false), everyMs: recheckMs })
  return caller
}

/** Not the address, which can be written in many ways. */
function routeOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? ''
}

/** Answered with 429, and when to come again. */
export function tooMany(what: string, waitMs: number): AppError<'REQUESTS_TOO_MANY'> {
  return new AppError('REQUESTS_TOO_MANY', { what, seconds: Math.ceil(waitMs / 1000) })
}
