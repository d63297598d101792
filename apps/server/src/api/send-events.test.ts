import { once } from 'node:events'
import { connect } from 'node:net'
import { quietContext } from '@holdfast/core/context'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { sendEvents } from './send-events.ts'

test('who does not read is asked no more events for, and cut off', async () => {
  const app = fastify({ forceCloseConnections: true })
  let made = 0
  async function* endless() {
    for (;;) yield { id: String(++made), data: 'x'.repeat(10_000) }
  }
  let cut: Promise<unknown> = Promise.resolve()
  app.get('/events', async (_request, reply) => {
    cut = once(reply.raw, 'close')
    await sendEvents(endless(), reply, { patienceMs: 200 }, quietContext())
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  socket.pause()
  socket.write('GET /events HTTP/1.1\r\nhost: x\r\n\r\n')
  await expect.poll(() => made).toBeGreaterThan(0)
  await cut
  // what the system holds between both is some megabytes
  expect(made).toBeLessThan(5_000)
  socket.destroy()
  await app.close()
})
