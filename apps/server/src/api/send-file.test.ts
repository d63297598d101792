import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { sendFile } from './send-file.ts'

const piece = Buffer.alloc(1 << 20)

test('who takes nothing of a file any more is cut off; for a file that comes slowly one waits', async () => {
  const app = fastify({ forceCloseConnections: true })
  const endless = Readable.from(
    (function* () {
      for (;;) yield piece
    })(),
  )
  const slow = Readable.from(
    (async function* () {
      yield 'first '
      await pause(250)
      yield 'last'
    })(),
  )
  const as = (content: Readable) => ({ name: 'f', mediaType: 'application/octet-stream', content })
  app.get('/endless', async (_request, reply) => await sendFile(as(endless), reply, { patienceMs: 50 }))
  app.get('/slow', async (_request, reply) => await sendFile(as(slow), reply, { patienceMs: 50 }))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1').pause()
  socket.write('GET /endless HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(endless, 'close').catch(() => {})
  expect(endless.errored).toMatchObject({ code: 'INTERRUPTED' })
  socket.destroy()
  expect(await (await fetch(`${address}/slow`)).text()).toBe('first last')
  await app.close()
})
