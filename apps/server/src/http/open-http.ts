import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServerSettings } from '@holdfast/core/config/effective-config'
import { AppError } from '@holdfast/core/errors/app-error'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { answerError } from './error-answer.ts'
import { notFound } from './not-found.ts'

export interface HttpAnswers {
  /** "ready", or why it is not */
  readiness(): Promise<'ready' | { readonly reason: string }>
  /** in Prometheus' text format */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>
  /** told of what went wrong while answering */
  failed(error: unknown): void
}

/** Adds routes, hooks or a page to what is answered, before it listens: `/api/v1/…`, `/gateway/…`, `/`. */
export type HttpPart = (app: FastifyInstance) => Promise<void> | void

/** Node's own, or one that speaks TLS. */
type CreateServer = (listener: RequestListener) => Server

export interface HttpServer extends AsyncDisposable {
  /** "127.0.0.1:8090": where it listens */
  readonly address: string
}

/** Who sends a header byte by byte holds a connection no longer than this. */
const headersTimeoutMs = 15_000
const idleTimeoutMs = 60_000
/** Node allows five minutes for all of a request otherwise: on a slow line a pack of a gateway needs more, again and again. */
const requestTimeoutMs = 6 * 3_600_000
/** Longer than proxies and clients keep connections: else they send into one that is just being closed. */
const keepAliveMs = 72_000
/** Node looks for such connections twice a minute otherwise; for whoever makes the server, which is when it is said. */
export const connectionsCheckingInterval = 5_000

const createPlainServer: CreateServer = (listener) => createHttpServer({ connectionsCheckingInterval }, listener)

/** GET /healthz, /readyz, /metrics, and the parts. Fails with SERVER_ADDRESS_UNUSABLE. */
export async function openHttp(
  listen: ServerSettings['listen'],
  answers: HttpAnswers,
  parts: readonly HttpPart[] = [],
  createServer: CreateServer = createPlainServer,
): Promise<HttpServer> {
  const answerFailure = (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
    const { status, body, isFault } = answerError(error)
    if (isFault) answers.failed(error)
    void reply.code(status).header('cache-control', 'no-store').send(body)
  }
  const app = fastify({
    forceCloseConnections: true,
    frameworkErrors: answerFailure,
    routerOptions: { maxParamLength: 1024 },
    serverFactory: (listener) => {
      const server = createServer(listener)
      server.headersTimeout = headersTimeoutMs
      server.keepAliveTimeout = keepAliveMs
      server.requestTimeout = requestTimeoutMs
      return server.setTimeout(idleTimeoutMs)
    },
  })
  app.setErrorHandler(answerFailure)
  app.setNotFoundHandler((request, reply) => answerFailure(notFound(request.method, request.url), request, reply))
  app.get('/healthz', async () => ({ status: 'alive' }))
  app.get('/readyz', async (_request, reply) => {
    const readiness = await answers.readiness()
    if (readiness === 'ready') return { status: 'ready' }
    return await reply.code(503).send({ status: 'not ready', reason: readiness.reason })
  })
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await answers.metrics()
    return await reply.header('content-type', contentType).send(text)
  })
  for (const add of parts) await add(app)
  try {
    // a copy: the framework writes into what it is given
    await app.listen({ ...listen })
  } catch (error) {
    await app.close()
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError(
      'SERVER_ADDRESS_UNUSABLE',
      { address: `${listen.host}:${listen.port}`, reason },
      { cause: error },
    )
  }
  const address = app.server.address()
  return {
    address: describeAddress(address, listen),
    [Symbol.asyncDispose]: () => app.close(),
  }
}

function describeAddress(address: AddressInfo | string | null, listen: ServerSettings['listen']): string {
  if (address === null || typeof address === 'string') return address ?? `${listen.host}:${listen.port}`
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}
