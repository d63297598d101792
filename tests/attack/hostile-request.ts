import { request } from 'node:http'

export interface HostileRequest {
  readonly method: string
  /** sent as it is: nothing is normalised */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface HostileReply {
  /** 0: the connection was cut without an answer */
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

/** One request on a connection of its own, exactly as written. */
export function sendHostile(
  origin: string,
  { method, path, headers = {}, body }: HostileRequest,
): Promise<HostileReply> {
  const { hostname, port } = new URL(origin)
  const own = body === undefined ? {} : { 'content-length': String(body.length), ...headers }
  return new Promise((resolve) => {
    const cut = (): void => resolve({ status: 0, headers: {}, body: Buffer.alloc(0) })
    const sent = request({
      hostname,
      port,
      method,
      path,
      headers: { ...headers, ...own },
      agent: false,
      timeout: 60_000,
    })
    sent.on('error', cut)
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('response', (reply) => {
      const pieces: Buffer[] = []
      reply.on('data', (piece: Buffer) => pieces.push(piece))
      reply.on('error', cut)
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(pieces) }),
      )
    })
    sent.end(body)
  })
}

export function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
}
