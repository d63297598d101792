import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import fastify from 'fastify'
import { expect, test, vi } from 'vitest'
import { sendFile } from './send-file.ts'

const piece = Buffer.alloc(1 << 20)

test('nobody is looked after any more once the content is over or the client has left', async () => {
  const [begun, ended] = [vi.spyOn(globalThis, 'setInterval'), vi.spyOn(globalThis, 'clearInterval')]
  const patienceMs = 123_456
  const app = fastify({ forceCloseConnections: true })
  const over = Readable.from([piece]).destroy()
  await once(over, 'close')
  const endless = new Readable({ read: () => void setImmediate(() => endless.push(piece)) })
  const as = (content: Readable) => ({ name: 'f', mediaType: 'application/octet-stream', content })
  app.get('/over', async (_request, reply) => await sendFile(as(over), reply, { patienceMs }))
  app.get('/endless', async (_request, reply) => await sendFile(as(endless), reply, { patienceMs }))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  for (const path of ['over', 'endless']) {
    const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET /${path} HTTP/1.1\r\nhost: x\r\n\r\n`)
    await Promise.race([once(socket, 'data'), once(socket, 'close')])
    socket.destroy()
  }
  if (!endless.closed) await once(endless, 'close').catch(() => {})
  await app.close()
  const looking = begun.mock.results.filter((_result, number) => begun.mock.calls[number]?.[1] === patienceMs)
  expect(looking.length).toBeGreaterThan(0)
  const cleared = new Set(ended.mock.calls.map(([timer]) => timer))
  expect(looking.filter(({ value }) => !cleared.has(value))).toEqual([])
  vi.restoreAllMocks()
})

test('who takes large pieces slowly is given all of them', async () => {
  const app = fastify({ forceCloseConnections: true })
  const sizeBytes = 96 << 20
  const half = Buffer.alloc(sizeBytes / 2)
  // the second waits until the first has been taken, as blobs do
  const content = Readable.from([half, half], { objectMode: false, highWaterMark: 1 << 20 })
  const file = { name: 'f', mediaType: 'application/octet-stream', sizeBytes, content }
  app.get('/', async (_request, reply) => await sendFile(file, reply, { patienceMs: 1_200 }))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  let [taken, sincePause] = [0, 0]
  socket.on('data', (bytes) => {
    taken += bytes.length
    sincePause += bytes.length
    if (sincePause < 2 << 20) return
    sincePause = 0
    socket.pause()
    setTimeout(() => socket.resume(), 50)
  })
  await once(socket, 'close')
  expect(taken).toBeGreaterThan(sizeBytes)
  await app.close()
})

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
