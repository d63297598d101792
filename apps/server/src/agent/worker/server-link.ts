import { request as requestPlain, Agent as PlainAgent } from 'node:http'
import { request as requestTls, Agent as TlsAgent } from 'node:https'
import { errorBodySchema } from '@holdfast/api/error-body'
import type { RouteReply, RouteRequest } from '@holdfast/api/route'
import { type AgentRoutes, agentRoutes } from '@holdfast/api/routes/agents'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'

export interface LinkOptions {
  /** "https://holdfast.example.org:8090"; a path before /api belongs to it */
  readonly server: string
  /** certificates, PEM, that are trusted instead of those this program knows */
  readonly ca?: string
  /** what the agent proves itself with; undefined as long as it has nothing */
  secret(): string | undefined
}

/** Asks the server; the agent never listens. */
export interface ServerLink extends Disposable {
  /** without a slash at the end */
  readonly server: string
  /**
   * Fails with AGENT_SERVER_AWAY when there is no answer, or one that says to come again, and with AGENT_REFUSED, whose
   * detail `code` says why, when asking again would not help.
   */
  ask<Name extends keyof AgentRoutes>(
    name: Name,
    body: RouteRequest<AgentRoutes[Name]>['body'],
    ctx: Context,
    timeoutMs?: number,
  ): Promise<RouteReply<AgentRoutes[Name]>>
}

const defaultTimeoutMs = 30_000
const largestReplyBytes = 8 << 20

/** Fails with AGENT_SERVER_PLAIN, ARGUMENT_INVALID. */
export function openServerLink({ server: given, ca, secret }: LinkOptions): ServerLink {
  const base = readServer(given)
  const server = base.href.replace(/\/+$/, '')
  const agent =
    base.protocol === 'https:'
      ? new TlsAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
      : new PlainAgent({ keepAlive: true })
  const away = (reason: string, cause?: unknown): AppError =>
    new AppError('AGENT_SERVER_AWAY', { server, reason }, { cause })
  const send = ({ path, own, body, timeoutMs }: Question, ctx: Context): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const content = Buffer.from(JSON.stringify(body))
      const request = (base.protocol === 'https:' ? requestTls : requestPlain)(`${server}${path}`, {
        agent,
        method: 'POST',
        signal: AbortSignal.any([ctx.signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'content-type': 'application/json',
          'content-length': content.length,
          ...(own === undefined ? {} : { authorization: `Bearer ${own}` }),
        },
      })
      request.on('error', (error) => reject(away(error.message, error)))
      request.on('response', (response) => {
        const parts: Buffer[] = []
        let bytes = 0
        response.on('data', (part: Buffer) => {
          bytes += part.length
          if (bytes > largestReplyBytes) request.destroy(new Error('its answer does not end'))
          else parts.push(part)
        })
        response.on('error', (error) => reject(away(error.message, error)))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') })
        })
      })
      request.end(content)
    })
  return {
    server,
    async ask(name, body, ctx, timeoutMs = defaultTimeoutMs) {
      const { path, reply, role } = agentRoutes[name]
      // whoever asks to be let in anew has a secret that is worth nothing
      const own = role === 'public' ? undefined : secret()
      const { status, text } = await send({ path, own, body, timeoutMs }, ctx).catch((error: unknown) => {
        ctx.signal.throwIfAborted()
        throw error
      })
      const value = parse(text)
      if (status >= 200 && status < 300) {
        const read = reply.schema.safeParse(value)
        // boundary: the route's own schema has read it
        if (read.success) return read.data as RouteReply<AgentRoutes[typeof name]>
        throw away('its answer is not one of Holdfast')
      }
      throw errorOf(status, value, server) ?? away(`it answers with status ${status}`)
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

interface Question {
  readonly path: string
  readonly own: string | undefined
  readonly body: unknown
  readonly timeoutMs: number
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** Undefined when it may pass. */
function errorOf(status: number, value: unknown, server: string): AppError | undefined {
  const read = errorBodySchema.safeParse(value)
  if (!read.success) return undefined
  const { code, message, hint } = read.data.error
  if (status === 408 || status === 429 || status >= 500) {
    return new AppError('AGENT_SERVER_AWAY', { server, reason: message })
  }
  const suggestion = meansForgotten(code)
    ? 'Let this machine in again: `holdfast agent add` on the server makes a token.'
    : hint
  const details = { server, reason: message, suggestion, code }
  return new AppError('AGENT_REFUSED', details)
}

/** Whether the server says that it does not know this agent (any more). */
export function meansForgotten(code: unknown): boolean {
  return code === 'SIGN_IN_NEEDED' || code === 'CREDENTIAL_REFUSED' || code === 'NOT_ALLOWED'
}

function readServer(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '') {
    const reason = 'it must be an address such as https://holdfast.example.org:8090'
    throw new AppError('ARGUMENT_INVALID', { name: '--server', value: JSON.stringify(text), reason })
  }
  const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url.protocol === 'http:' && !isHere) throw new AppError('AGENT_SERVER_PLAIN', { server: url.origin })
  return url
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
