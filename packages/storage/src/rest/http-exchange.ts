import { createReadStream } from 'node:fs'
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { finished, pipeline } from 'node:stream/promises'
import type { Context } from '@holdfast/core/context'
import type { FileContent } from '../backend.ts'
import { contentSize } from '../file-content.ts'
import { interrupted } from '../interruption.ts'

export interface HttpTarget {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly socketPath?: string
  readonly ca?: string
  /** PEM with certificate and key */
  readonly clientCert?: string
  readonly insecureTls?: boolean
  readonly connections: number
  /** without any byte moving for this long a request is given up */
  readonly stuckAfterMs: number
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE'
  /** path and query */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: FileContent
}

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
}

export interface HttpClient {
  /** Sends a request; a successful reply's body goes to `onBody`, that of any other is dropped. */
  exchange(request: HttpRequest, ctx: Context, onBody?: (piece: Uint8Array) => void): Promise<HttpReply>
  close(): void
}

/** Requests over kept-alive connections. Errors are Node's own, except INTERRUPTED. */
export function createHttpClient(target: HttpTarget): HttpClient {
  const agent = createAgent(target)

  async function attempt(request: HttpRequest, ctx: Context, onBody: (piece: Uint8Array) => void): Promise<HttpReply> {
    let stuck: Error | undefined
    const sent = start(target, agent, request, ctx.signal)
    // Node resets this timer whenever bytes move in either direction, so it only fires when nothing does.
    sent.setTimeout(target.stuckAfterMs, () => {
      stuck = new Error(`nothing was sent or received for ${target.stuckAfterMs / 1000} s`)
      sent.destroy(stuck)
    })
    try {
      const reply = await converse(sent, request.body)
      await consume(reply, onBody)
      return { status: reply.statusCode ?? 0, headers: reply.headers }
    } catch (error) {
      throw stuck ?? error
    }
  }

  return {
    async exchange(request, ctx, onBody = () => {}) {
      if (ctx.signal.aborted) throw interrupted()
      let received = false
      const note = (piece: Uint8Array) => {
        received = true
        onBody(piece)
      }
      try {
        return await attempt(request, ctx, note)
      } catch (error) {
        if (ctx.signal.aborted) throw interrupted(error)
        // The server closed an idle connection just as it was used again: no fault of the request.
        if (received || !isStaleConnection(error)) throw error
        return await attempt(request, ctx, note).catch((second: unknown) => {
          throw ctx.signal.aborted ? interrupted(second) : second
        })
      }
    },
    close: () => agent.destroy(),
  }
}

/** Marks errors of a connection that had served an earlier request. */
const staleConnections = new WeakSet<Error>()

function isStaleConnection(error: unknown): boolean {
  return error instanceof Error && staleConnections.has(error)
}

function createAgent(target: HttpTarget): HttpAgent {
  const options = { keepAlive: true, maxSockets: target.connections, scheduling: 'lifo' } as const
  if (target.scheme === 'http') return new HttpAgent(options)
  return new HttpsAgent({
    ...options,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: target.insecureTls !== true,
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    ...(target.clientCert === undefined ? {} : { cert: target.clientCert, key: target.clientCert }),
  })
}

function start(target: HttpTarget, agent: HttpAgent, request: HttpRequest, signal: AbortSignal): ClientRequest {
  const { hostname, port } = new URL(`${target.scheme}://${target.host}`)
  const bodySize = request.body === undefined ? undefined : contentSize(request.body)
  const send = target.scheme === 'http' ? httpRequest : httpsRequest
  const sent = send({
    agent,
    signal,
    method: request.method,
    path: request.path,
    headers: {
      host: target.host,
      ...request.headers,
      ...(bodySize === undefined ? {} : { 'content-length': bodySize }),
    },
    ...(target.socketPath === undefined
      ? { hostname: hostname.replace(/^\[|\]$/g, ''), ...(port === '' ? {} : { port }) }
      : { socketPath: target.socketPath }),
  })
  return sent
}

async function consume(reply: IncomingMessage, onBody: (piece: Uint8Array) => void): Promise<void> {
  const successful = reply.statusCode !== undefined && reply.statusCode >= 200 && reply.statusCode < 300
  reply.on('data', (piece: Buffer) => {
    if (!successful) return
    try {
      onBody(piece)
    } catch (error) {
      // The consumer wants no more of it: a reply that is too long or malformed.
      reply.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  })
  await finished(reply)
}

/** Sends the body and waits for the reply's head, which may come before the body was taken in full. */
async function converse(sent: ClientRequest, body: FileContent | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.once('response', resolve)
  sent.on('error', (error) => {
    if (sent.reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) {
      staleConnections.add(error)
    }
    reject(error)
  })
  if (body === undefined || body instanceof Uint8Array) sent.end(body)
  else pipeline(createReadStream(body.path, { highWaterMark: 1 << 20 }), sent).catch(reject)
  return await promise
}
