import type { RequestListener } from 'node:http'
import { type Context, quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { withRetry } from '../decorate/with-retry.ts'
import { bodyOf, startTestServer } from '../test-server.ts'
import { createRestBackend } from './rest-backend.ts'

const ctx = quietContext()
const bytes = sampleBytes(100_000)
const file = idOf('data', bytes)

interface Subject extends AsyncDisposable {
  readonly backend: Backend
  readonly retrying: Backend
  readonly ctx: Context
  readonly events: Event[]
}

/** A REST backend that speaks to `answer`, also with retries that do not wait. */
async function against(answer: RequestListener, stuckAfterMs = 5_000): Promise<Subject> {
  const server = await startTestServer(answer)
  const location = { kind: 'rest', scheme: 'http', host: `127.0.0.1:${server.port}`, path: '/' } as const
  const backend = createRestBackend({ location, stuckAfterMs })
  const events: Event[] = []
  return {
    backend,
    retrying: withRetry(backend, { sleep: async () => {} }),
    ctx: quietContext({ emit: (event) => events.push(event) }),
    events,
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('a REST server that misbehaves', () => {
  test('cuts the connection in mid-upload: the upload is repeated until it arrives', async () => {
    let uploads = 0
    let stored: Buffer | undefined
    await using subject = await against((request, reply) => {
      if (request.method === 'HEAD') return void reply.writeHead(stored === undefined ? 404 : 200).end()
      if (++uploads <= 2) return void request.once('data', () => request.socket.destroy())
      void bodyOf(request).then((body) => {
        stored = body
        reply.end()
      })
    })
    await subject.retrying.write(file, bytes, { content: 'data' }, subject.ctx)
    expect(stored?.equals(bytes)).toBe(true)
    expect(subject.events.filter((event) => event.type === 'request.retried').length).toBeGreaterThan(0)
  })

  test('forbids to read packs: it is asked once, and for other files again', async () => {
    const asked: string[] = []
    await using subject = await against((request, reply) => {
      asked.push(`${request.method} ${request.url?.split('/')[1]}`)
      reply.writeHead(request.url?.startsWith('/data/') === true ? 403 : 404).end()
    })
    const others = ['index', 'index'] as const
    for (const type of ['data', 'data', 'data'] as const) {
      const reading = subject.backend.read({ ...file, type }, undefined, subject.ctx)
      await expectRejection(reading, 'STORAGE_DENIED')
    }
    for (const type of others) {
      await expectRejection(subject.backend.read({ ...file, type }, undefined, subject.ctx), 'STORAGE_FILE_MISSING')
    }
    expect(asked).toEqual(['GET data', 'GET index', 'GET index'])
  })

  test('stores the file but loses the reply: the repetition sees that it is there', async () => {
    let size: number | undefined
    await using subject = await against((request, reply) => {
      if (request.method === 'HEAD') {
        return void reply.writeHead(size === undefined ? 404 : 200, { 'content-length': size ?? 0 }).end()
      }
      void bodyOf(request).then((body) => {
        size = body.byteLength
        request.socket.destroy()
      })
    })
    await subject.retrying.write(file, bytes, { content: 'data' }, subject.ctx)
    expect(size).toBe(bytes.byteLength)
  })

  test('keeps half of a broken upload: that half is removed and the whole file sent again', async () => {
    let stored: Buffer | undefined
    let uploads = 0
    await using subject = await against((request, reply) => {
      if (request.method === 'HEAD') {
        return void reply.writeHead(stored === undefined ? 404 : 200, { 'content-length': stored?.length ?? 0 }).end()
      }
      if (request.method === 'DELETE') {
        stored = undefined
        return void reply.end()
      }
      if (++uploads === 1) {
        stored = bytes.subarray(0, 10)
        return void request.socket.destroy()
      }
      void bodyOf(request).then((body) => {
        stored = body
        reply.end()
      })
    })
    await subject.retrying.write(file, bytes, { content: 'data' }, subject.ctx)
    expect(stored?.equals(bytes)).toBe(true)
    expect(uploads).toBe(2)
  })

  test('forbids what is there already: equal size is success, another size is a clash, nothing there is a refusal', async () => {
    let size: number | undefined
    let heads = 0
    await using subject = await against((request, reply) => {
      if (request.method !== 'HEAD') return void bodyOf(request).then(() => reply.writeHead(403).end())
      // Appears between the question and the upload.
      if (++heads % 2 === 1 || size === undefined) return void reply.writeHead(404).end()
      reply.writeHead(200, { 'content-length': size }).end()
    })
    const write = () => subject.backend.write(file, bytes, { content: 'data' }, ctx)
    await expectRejection(write(), 'STORAGE_DENIED')
    size = bytes.byteLength
    await write()
    size = 5
    await expectRejection(write(), 'STORAGE_FILE_EXISTS')
  })

  test('is full: reported as such and not retried', async () => {
    await using subject = await against((request, reply) => {
      if (request.method === 'HEAD') return void reply.writeHead(404).end()
      void bodyOf(request).then(() => reply.writeHead(507).end())
    })
    await expectRejection(subject.retrying.write(file, bytes, { content: 'data' }, subject.ctx), 'STORAGE_FULL')
    expect(subject.events).toEqual([])
  })

  test('answers 500 and 429 for a while: reads succeed in the end', async () => {
    const statuses = [500, 503, 429, 200]
    await using subject = await against((_request, reply) => void reply.writeHead(statuses.shift() ?? 200).end(bytes))
    expect(await subject.retrying.read(file, undefined, subject.ctx)).toHaveLength(bytes.byteLength)
    expect(subject.events).toHaveLength(3)
  })

  test.each([
    ['cuts a body short', (length: number) => ({ 'content-length': length })],
    ['cuts a body of unknown length short', () => ({})],
  ])('%s: never taken for the whole', async (_title, headers) => {
    await using subject = await against((_request, reply) => {
      reply.writeHead(200, headers(bytes.byteLength))
      reply.write(bytes.subarray(0, 1000), () => reply.destroy())
    })
    await expectRejection(subject.backend.read(file, undefined, ctx), 'STORAGE_UNREACHABLE')
  })

  test('gives fewer or more bytes than a range asks for: damage, and no more is kept than asked for', async () => {
    let body = bytes.subarray(0, 9)
    await using subject = await against((_request, reply) => void reply.writeHead(206).end(body))
    await expectRejection(subject.backend.read(file, { offset: 0, length: 10 }, ctx), 'STORAGE_DAMAGED')
    body = bytes
    await expectRejection(subject.backend.read(file, { offset: 0, length: 10 }, ctx), 'STORAGE_UNREACHABLE')
  })

  test('ignores ranges: its whole answer is not taken for the part', async () => {
    await using subject = await against((_request, reply) => void reply.writeHead(200).end(bytes.subarray(0, 10)))
    await expectRejection(subject.backend.read(file, { offset: 20, length: 10 }, ctx), 'STORAGE_DAMAGED')
  })

  test.each([
    ['when asked', (): void => {}],
    [
      'in the middle of its answer',
      (reply: { writeHead(status: number): { write(text: string): void } }) => {
        reply.writeHead(200).write('[')
      },
    ],
  ])('falls silent %s: given up when nothing moves', async (_title, begin) => {
    await using subject = await against((_request, reply) => begin(reply), 150)
    const error = await expectRejection(listAll(subject.backend, 'data'), 'STORAGE_UNREACHABLE')
    expect(error.message).toContain('nothing was sent or received')
  })

  test('falls silent while an operation is stopped: the wait ends', async () => {
    await using subject = await against(() => {})
    const stop = new AbortController()
    const reading = subject.retrying.read(file, undefined, quietContext({ signal: stop.signal }))
    setTimeout(() => stop.abort(), 30)
    await expectRejection(reading, 'INTERRUPTED')
  })

  test('answers slowly but steadily: not given up', async () => {
    await using subject = await against((_request, reply) => {
      reply.writeHead(200)
      const pieces = Array.from({ length: 8 }, (_, i) => bytes.subarray(i * 10, i * 10 + 10))
      const send = () => {
        const piece = pieces.shift()
        if (piece === undefined) return void reply.end()
        reply.write(piece)
        setTimeout(send, 250)
      }
      send()
    }, 1_500)
    expect(await subject.backend.read(file, undefined, ctx)).toHaveLength(80)
  })

  test('redirects: not followed, since credentials would go elsewhere', async () => {
    await using subject = await against((_request, reply) => void reply.writeHead(302, { location: '/x' }).end())
    await expectRejection(subject.retrying.read(file, undefined, subject.ctx), 'STORAGE_DENIED')
  })
})

describe('listings of a REST server', () => {
  async function listing(body: string): Promise<unknown> {
    await using subject = await against((request, reply) => {
      if (request.method === 'HEAD') return void reply.writeHead(200, { 'content-length': 77 }).end()
      reply.end(body)
    })
    return await listAll(subject.backend, 'data').catch((error: unknown) => error)
  }
  const { name } = file

  test('version 2 gives names and sizes, version 1 names whose sizes are asked for', async () => {
    expect(await listing(JSON.stringify([{ name, size: 5 }]))).toEqual([{ ...file, sizeBytes: 5 }])
    expect(await listing(JSON.stringify([name]))).toEqual([{ ...file, sizeBytes: 77 }])
    expect(await listing(' [ ] ')).toEqual([])
  })

  test('names that lead elsewhere are skipped, unknown fields are ignored', async () => {
    const elements = [
      { name: '../../etc/passwd', size: 1 },
      { name: `${name}/..`, size: 1 },
      { name: name.toUpperCase(), size: 1 },
      { size: 3, extra: { nested: ['],"', 1] }, name },
    ]
    expect(await listing(JSON.stringify(elements))).toEqual([{ ...file, sizeBytes: 3 }])
  })

  test.each([
    ['no JSON', '<html>please log in</html>'],
    ['no array', '{"name":"x"}'],
    ['cut short', `[{"name":"${name}","size":5},`],
    ['text after its end', '[] []'],
    ['an element without a name', '[{"size":5}]'],
    ['a size that is no number', `[{"name":"${name}","size":"5"}]`],
    ['a negative size', `[{"name":"${name}","size":-5}]`],
    ['a size beyond what a number can hold', `[{"name":"${name}","size":1e300}]`],
    ['an empty element', `["${name}",,"${name}"]`],
    ['an element without an end', `["${'a'.repeat(100_000)}`],
    ['brackets without an end', '['.repeat(100_000)],
    ['unbalanced brackets', '[}]'],
  ])('with %s are an error', async (_title, body) => {
    expect(await listing(body)).toMatchObject({ code: 'STORAGE_UNREACHABLE' })
  })
})
