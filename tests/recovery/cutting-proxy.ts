import { connect, createServer, type Socket } from 'node:net'

/** Passes connections on, and cuts one of them when told to. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number
  /** The next connection that has sent so many bytes to the server is cut, in the middle of what it is sending. */
  cutAfter(sentBytes: number): void
  /** how many connections were cut */
  readonly cuts: number
}

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  let limit = Infinity
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    let sent = 0
    const close = (): void => {
      client.destroy()
      upstream.destroy()
      open.delete(client)
    }
    open.add(client)
    client.on('data', (bytes) => {
      sent += bytes.length
      if (sent > limit) {
        limit = Infinity
        cuts++
        // as a broken line looks to the client: no answer, no proper end
        client.resetAndDestroy()
        close()
        return
      }
      if (!upstream.write(bytes)) client.pause()
    })
    upstream.on('drain', () => client.resume())
    upstream.on('data', (bytes) => {
      if (!client.write(bytes)) upstream.pause()
    })
    client.on('drain', () => upstream.resume())
    for (const socket of [client, upstream]) socket.on('error', close).on('close', close)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port')
  return {
    port: address.port,
    cutAfter(sentBytes) {
      limit = sentBytes
    },
    get cuts() {
      return cuts
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
