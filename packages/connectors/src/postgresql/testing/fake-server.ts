import { createServer, type Socket } from 'node:net'

export interface FakeServer extends AsyncDisposable {
  readonly port: number
  /** bytes that clients have sent so far */
  received(): Buffer
}

/** Something that listens on loopback and does what the test wants with each connection, well or badly. */
export async function startFakeServer(answer: (socket: Socket) => void): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  const pieces: Buffer[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (piece: Buffer) => pieces.push(piece))
    answer(socket)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the fake server has no port')
  return {
    port: address.port,
    received: () => Buffer.concat(pieces),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
