import { createServer, type IncomingMessage, type RequestListener } from 'node:http'

export interface TestServer extends AsyncDisposable {
  readonly port: number
}

/** An HTTP server on a free loopback port that does whatever the test wants, well or badly. */
export async function startTestServer(answer: RequestListener): Promise<TestServer> {
  const server = createServer(answer)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces)
}
