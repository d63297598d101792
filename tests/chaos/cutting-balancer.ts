import { connect, createServer, type Socket } from 'node:net'

/** Passes each connection on to one of several servers, whichever answers, and cuts connections when told to. */
export interface CuttingBalancer extends AsyncDisposable {
  readonly port: number
  /** Cuts one of the open connections, in whatever it is doing; `pick` says which of so many. */
  cut(pick: (count: number) => number): void
  readonly cuts: number
}

export async function startCuttingBalancer(
  targets: readonly number[],
  pick: (count: number) => number,
): Promise<CuttingBalancer> {
  const open = new Set<Socket>()
  let cuts = 0
  const passOn = (client: Socket, upstream: Socket): void => {
    const close = (): void => {
      client.destroy()
      upstream.destroy()
      open.delete(client)
    }
    client.pipe(upstream)
    upstream.pipe(client)
    for (const socket of [client, upstream]) socket.on('error', close).on('close', close)
  }
  const server = createServer((client) => {
    open.add(client)
    client.on('error', () => {})
    client.on('close', () => open.delete(client))
    const first = pick(targets.length)
    const attempt = (count: number): void => {
      if (count === targets.length) {
        client.resetAndDestroy()
        return
      }
      const upstream = connect(targets[(first + count) % targets.length] ?? 0, '127.0.0.1')
      const failed = (): void => attempt(count + 1)
      upstream.once('error', failed)
      upstream.once('connect', () => {
        upstream.off('error', failed)
        passOn(client, upstream)
      })
    }
    attempt(0)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the balancer has no port')
  return {
    port: address.port,
    cut(choose) {
      const victim = [...open][choose(open.size)]
      if (victim === undefined) return
      cuts++
      victim.resetAndDestroy()
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
