import { createServer, type Server } from 'node:http'
import { isAppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { type HttpAnswers, openHttp } from './open-http.ts'

const answers: HttpAnswers = {
  readiness: async () => 'ready',
  metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
  failed: () => {},
}
const anyPort = { host: '127.0.0.1', port: 0 }

test('says that it lives, whether it is ready, and how things stand', async () => {
  await using http = await openHttp(anyPort, {
    ...answers,
    readiness: async () => ({ reason: 'the catalogue is away' }),
  })
  const ask = (path: string) => fetch(`http://${http.address}${path}`)
  expect(await (await ask('/healthz')).json()).toEqual({ status: 'alive' })
  const ready = await ask('/readyz')
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({ status: 'not ready', reason: 'the catalogue is away' })
  const metrics = await ask('/metrics')
  expect(metrics.headers.get('content-type')).toContain('text/plain')
  expect(await metrics.text()).toBe('up 1\n')
  expect((await ask('/other')).status).toBe(404)
})

test('tells its log what went wrong, and whoever asked only that it did', async () => {
  const told: unknown[] = []
  const failing = async () => Promise.reject(new Error('password hunter2'))
  await using http = await openHttp(anyPort, { ...answers, metrics: failing, failed: (error) => told.push(error) })
  const answer = await fetch(`http://${http.address}/metrics`)
  expect(answer.status).toBe(500)
  expect(await answer.text()).not.toContain('hunter2')
  expect(told).toHaveLength(1)
})

test('names the address that it cannot have, and leaves what it was given as it was', async () => {
  const listen = { host: '127.0.0.1', port: 0 }
  await using http = await openHttp(listen, answers)
  expect(listen).toEqual({ host: '127.0.0.1', port: 0 })
  const port = Number(http.address.split(':').at(-1))
  const error: unknown = await openHttp({ host: '127.0.0.1', port }, answers).catch((failure: unknown) => failure)
  expect(isAppError(error, 'SERVER_ADDRESS_UNUSABLE')).toBe(true)
  expect(String(error)).toContain(http.address)
})

test('allows hours for what comes slowly, such as a pack over a thin line, but not for headers', async () => {
  const servers: Server[] = []
  await using _http = await openHttp(anyPort, answers, [], (listener) => {
    const server = createServer(listener)
    servers.push(server)
    return server
  })
  // a quarter of a GiB at 40 KB/s
  expect(servers[0]?.requestTimeout).toBeGreaterThan(6_500_000)
  expect(servers[0]?.headersTimeout).toBeLessThan(60_000)
})
