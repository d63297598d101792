import { readdir } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import {
  createGatewayFixture,
  type FixtureAgent,
  type GatewayFixture,
} from '@holdfast/server/gateway/testing/gateway-fixture'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic, sendHostile } from './hostile-request.ts'

let site: GatewayFixture

beforeAll(async () => {
  site = await createGatewayFixture()
})
afterAll(() => site[Symbol.asyncDispose]())

const config = async (agent: FixtureAgent): Promise<number> => {
  const headers = { authorization: basic(agent, site.secrets[agent]) }
  return (await sendHostile(site.origin, { method: 'GET', path: '/gateway/shared/config', headers })).status
}

/** Promises a megabyte and sends three bytes of it. */
async function stall(number: number): Promise<Socket> {
  const { hostname, port } = new URL(site.origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  const name = number.toString(16).padStart(64, '0')
  const lines = [
    `POST /gateway/shared/data/${name} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    `authorization: ${basic('web', site.secrets.web)}`,
    'content-type: application/octet-stream',
    'content-length: 1000000',
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\nabc`)
  return socket
}

/** of what is being received */
async function spooled(): Promise<number> {
  const names = await readdir(join(site.repositoryPath('shared'), 'tmp'), { recursive: true }).catch(() => [])
  return names.filter((name) => /\/[0-9a-f]{16}\/[0-9a-f]{16}$/.test(name)).length
}

test('an agent that stalls many uploads keeps only itself waiting, and leaves nothing behind', async () => {
  expect(await config('web')).toBe(200)
  const sockets = await Promise.all(Array.from({ length: 16 }, (_, number) => stall(number)))
  await expect.poll(spooled).toBe(16)
  const waiting = Array.from({ length: 80 }, () => config('web'))
  const [first] = await Promise.all([Promise.race(waiting), config('vault').then((status) => expect(status).toBe(200))])
  expect(first, 'of those beyond the places to wait').toBe(503)
  for (const socket of sockets) socket.destroy()
  const statuses = await Promise.all(waiting)
  expect(statuses.filter((status) => status === 200)).toHaveLength(64)
  expect(statuses.filter((status) => status === 503)).toHaveLength(16)
  await expect.poll(spooled).toBe(0)
  expect(site.log()).not.toContain('could not answer')
})
