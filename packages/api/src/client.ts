import { type ApiError, readApiError } from './client/api-error.ts'
import { addressOf, type CallOptions, type RequestArguments } from './client/client-request.ts'
import { readEventStream } from './client/read-event-stream.ts'
import type { Route, RouteReply } from './route.ts'
import { type RouteName, type Routes, routes } from './routes.ts'

export interface ClientOptions {
  /** "https://backup.example.org:8090", without /api */
  readonly baseUrl: string
  readonly token?: string
  /** takes the place of the global one: for proxies, certificates, tests */
  readonly fetch?: typeof fetch
}

type NamesOf<Kind extends Route['reply']['kind']> = {
  readonly [Name in RouteName]: Routes[Name]['reply']['kind'] extends Kind ? Name : never
}[RouteName]

/** The bytes of a file as they come. */
export interface ClientFile {
  readonly name: string
  readonly mediaType: string
  /** undefined: nobody knew beforehand */
  readonly sizeBytes: number | undefined
  readonly content: ReadableStream<Uint8Array>
}

export interface ClientEvent<Data> {
  readonly id: string | undefined
  readonly data: Data
}

export interface Client {
  /** Asks a route that answers with JSON. Fails with ApiError, or as `fetch` does when nobody answers. */
  call<Name extends NamesOf<'json'>>(
    name: Name,
    ...request: RequestArguments<Routes[Name]>
  ): Promise<RouteReply<Routes[Name]>>
  /** Asks for a file. */
  file<Name extends NamesOf<'file'>>(name: Name, ...request: RequestArguments<Routes[Name]>): Promise<ClientFile>
  /**
   * Listens, without end: where the connection breaks it is made again, and goes on after the last event. Ends when the
   * signal says so; fails with ApiError when the server refuses.
   */
  listen<Name extends NamesOf<'events'>>(
    name: Name,
    ...request: RequestArguments<Routes[Name]>
  ): AsyncIterable<ClientEvent<RouteReply<Routes[Name]>>>
}

interface AnyRequest {
  readonly params?: unknown
  readonly query?: unknown
  readonly body?: unknown
}

const firstDelayMs = 500
const longestDelayMs = 30_000

/** Everything that can be asked of a server, typed by its routes. Runs in Node and in browsers. */
export function createClient({ baseUrl, token, fetch: send = fetch }: ClientOptions): Client {
  const ask = async (
    name: RouteName,
    request: AnyRequest = {},
    { signal, idempotencyKey, headers = {} }: CallOptions & { readonly headers?: Record<string, string> } = {},
  ): Promise<Response> => {
    const route: Route = routes[name]
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const answer = await send(addressOf(baseUrl, route, request), {
      method: route.method,
      headers: {
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': `"${idempotencyKey}"` }),
      },
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
      redirect: 'error',
    })
    if (!answer.ok) throw await readApiError(answer)
    return answer
  }
  const client = {
    call: async (name: RouteName, request?: AnyRequest, options?: CallOptions) => {
      const answer = await ask(name, request, options)
      return answer.status === 204 ? undefined : await answer.json()
    },
    file: async (name: RouteName, request?: AnyRequest, options?: CallOptions) =>
      fileOf(await ask(name, request, options)),
    listen: (name: RouteName, request?: AnyRequest, options?: CallOptions) =>
      listenAgain((headers) => ask(name, request, { ...options, headers }), options?.signal),
  }
  // boundary: what a server of the same version answers is of the shape of its routes
  return client as Client
}

async function* listenAgain(
  open: (headers: Record<string, string>) => Promise<Response>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ClientEvent<unknown>> {
  let last: string | undefined
  let delayMs = firstDelayMs
  const isOver = (): boolean => signal?.aborted === true
  while (!isOver()) {
    try {
      const answer = await open(last === undefined ? {} : { 'last-event-id': last })
      for await (const { id, data } of readEventStream(answer.body ?? new ReadableStream())) {
        last = id
        delayMs = firstDelayMs
        yield { id, data: JSON.parse(data) as unknown }
      }
    } catch (error) {
      if (isOver()) return
      if (isRefusal(error)) throw error
    }
    await waitFor(delayMs, signal)
    delayMs = Math.min(delayMs * 2, longestDelayMs)
  }
}

/** What another try does not change. */
function isRefusal(error: unknown): error is ApiError {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 0
  return status >= 400 && status < 500 && status !== 408 && status !== 429
}

function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted === true) done()
  })
}

function fileOf(answer: Response): ClientFile {
  const disposition = answer.headers.get('content-disposition') ?? ''
  const [, encoded] = /filename\*=UTF-8''([^;]+)/.exec(disposition) ?? []
  const size = answer.headers.get('content-length')
  return {
    name: encoded === undefined ? 'file' : decodeURIComponent(encoded),
    mediaType: answer.headers.get('content-type') ?? 'application/octet-stream',
    sizeBytes: size === null ? undefined : Number(size),
    content: answer.body ?? new ReadableStream(),
  }
}
