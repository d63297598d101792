import { createServer } from 'node:net'

/**
 * Below what systems give by themselves to those who connect or ask for any port (Linux from 32768 on, see
 * net.ipv4.ip_local_port_range): so nobody comes upon a port between its choice and its use, nor while a server restarts.
 */
const lowest = 12_000
/** Each process of a test run chooses from a part of its own. */
const partSize = 2_500
const parts = 8
// oxlint-disable-next-line node/no-process-env
const start = lowest + (Number(process.env['VITEST_POOL_ID'] ?? 0) % parts) * partSize
/** Other runs on this machine have the same parts. */
let offset = process.pid % partSize

/** Ports of the loopback interface that nobody listens on, all different. For servers that tests start. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count; tries++) {
    if (tries > partSize) throw new Error('no port is free')
    const port = start + (offset = (offset + 1) % partSize)
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    )
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
