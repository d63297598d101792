import { once } from 'node:events'
import { connect } from 'node:net'
import fastify from 'fastify'
import { expect, test } from 'vitest'
import { answerError } from '../http/error-answer.ts'
import { readJsonBodies } from './read-json-bodies.ts'

test('a body that comes too slowly is not waited for', async () => {
  const app = fastify({ forceCloseConnections: true })
  app.setErrorHandler((error, _request, reply) => {
    const { status, body } = answerError(error)
    void reply.code(status).send(body)
  })
  readJsonBodies(app, 100)
  app.post('/', async ({ body }) => ({ body }))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  let answered = ''
  socket.on('data', (chunk) => (answered += chunk.toString()))
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"a":')
  await once(socket, 'close')
  expect(answered).toMatch(/^HTTP\/1.1 408 /)
  expect(answered).toContain('REQUEST_TOO_SLOW')
  const quick = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[1]' })
  expect(await quick.json()).toEqual({ body: [1] })
  await app.close()
})
