import { AppError } from '@holdfast/core/errors/app-error'
import type { FastifyInstance } from 'fastify'

const largestBytes = 1 << 20

/** Bodies are JSON of at most 1 MiB that has come within half a minute, or absent. */
export function readJsonBodies(api: FastifyInstance, slowestMs = 30_000): void {
  const parse = api.getDefaultJsonParser('error', 'error')
  api.removeAllContentTypeParsers()
  api.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: largestBytes },
    (request, body, done): void => {
      if (body === '') done(null, undefined)
      else void parse(request, typeof body === 'string' ? body : body.toString(), done)
    },
  )
  const waiting = new WeakMap<object, NodeJS.Timeout>()
  api.addHook('onRequest', async (request, reply) => {
    const tooSlow = (): void => {
      const error = new AppError('REQUEST_TOO_SLOW', { seconds: slowestMs / 1000 })
      void reply.header('connection', 'close').send(error)
    }
    waiting.set(request, setTimeout(tooSlow, slowestMs).unref())
    reply.raw.once('close', () => clearTimeout(waiting.get(request)))
  })
  api.addHook('preHandler', async (request) => clearTimeout(waiting.get(request)))
}
