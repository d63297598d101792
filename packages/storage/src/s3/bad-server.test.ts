import type { RequestListener, ServerResponse } from 'node:http'
import { type Context, quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { withRetry } from '../decorate/with-retry.ts'
import { bodyOf, startTestServer } from '../test-server.ts'
import { createS3Backend } from './s3-backend.ts'
import type { S3ClientOptions } from './s3-client.ts'

const ctx = quietContext()
const bytes = sampleBytes(100_000)
const file = idOf('data', bytes)

interface Subject extends AsyncDisposable {
  readonly backend: Backend
  readonly retrying: Backend
  readonly ctx: Context
  readonly events: Event[]
}

async function against(answer: RequestListener, options: Partial<S3ClientOptions> = {}): Promise<Subject> {
  const server = await startTestServer(answer)
  const endpoint = `http://127.0.0.1:${server.port}`
  const location = { kind: 's3', endpoint, bucket: 'bucket', prefix: 'repo' } as const
  const backend = createS3Backend({ location, accessKeyId: 'key', secretAccessKey: 'secret', ...options })
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

function refuse(reply: ServerResponse, status: number, code: string): void {
  reply.writeHead(status, { 'content-type': 'application/xml' })
  reply.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`)
}

function listing(contents: string, token?: string): string {
  const more =
    token === undefined ? 'false' : `true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`
  const end = token === undefined ? '</IsTruncated>' : ''
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}${end}${contents}</ListBucketResult>`
}

const object = (key: string, size: number | string) => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`

describe('an S3 server that misbehaves', () => {
  test('says SlowDown, fails inside, and cuts an upload: it is repeated until it arrives', async () => {
    const faults = ['slow', 'error', 'cut']
    let stored: Buffer | undefined
    await using subject = await against((request, reply) => {
      const fault = faults.shift()
      if (fault === 'cut') return void request.once('data', () => request.socket.destroy())
      void bodyOf(request).then((body) => {
        if (fault === 'slow') return refuse(reply, 503, 'SlowDown')
        if (fault === 'error') return refuse(reply, 500, 'InternalError')
        stored = body
        reply.end()
      })
    })
    await subject.retrying.write(file, bytes, { content: 'data' }, subject.ctx)
    expect(stored?.equals(bytes)).toBe(true)
    expect(subject.events).toHaveLength(3)
    expect(subject.events[0]).toMatchObject({ type: 'request.retried', error: expect.stringContaining('SlowDown') })
  })

  test('does not know conditional writes: it is asked first from then on, and nothing is replaced', async () => {
    const methods: string[] = []
    const objects = new Map<string, Buffer>()
    await using subject = await against((request, reply) => {
      const path = (request.url ?? '').replace(/\?.*/, '')
      methods.push(request.method ?? '')
      if (request.method === 'HEAD') {
        const found = objects.get(path)
        return void reply.writeHead(found === undefined ? 404 : 200, { 'content-length': found?.length ?? 0 }).end()
      }
      void bodyOf(request).then((body) => {
        if (request.headers['if-none-match'] !== undefined) return refuse(reply, 501, 'NotImplemented')
        objects.set(path, body)
        reply.end()
      })
    })
    await subject.backend.write(file, bytes, { content: 'data' }, ctx)
    expect(methods).toEqual(['PUT', 'HEAD', 'PUT'])
    const other = idOf('index', bytes)
    await subject.backend.write(other, bytes, { content: 'metadata' }, ctx)
    expect(methods.slice(3)).toEqual(['HEAD', 'PUT'])
    await expectRejection(
      subject.backend.write(other, bytes.subarray(1), { content: 'metadata' }, ctx),
      'STORAGE_FILE_EXISTS',
    )
    expect([...objects.keys()]).toEqual([
      `/bucket/repo/data/${file.name.slice(0, 2)}/${file.name}`,
      `/bucket/repo/index/${other.name}`,
    ])
  })

  test('cuts a body short: never taken for the whole', async () => {
    await using subject = await against((_request, reply) => {
      reply.writeHead(200, { 'content-length': bytes.byteLength })
      reply.write(bytes.subarray(0, 1000), () => reply.destroy())
    })
    await expectRejection(subject.backend.read(file, undefined, ctx), 'STORAGE_UNREACHABLE')
  })

  test.each(['at once', 'in the middle of its answer'])(
    'falls silent %s: given up when nothing moves',
    async (when) => {
      const silent: RequestListener = (_request, reply) => {
        if (when !== 'at once') reply.writeHead(200, { 'content-length': 100 }).write('x')
      }
      await using subject = await against(silent, { stuckAfterMs: 200 })
      await expectRejection(subject.backend.read(file, undefined, ctx), 'STORAGE_UNREACHABLE')
    },
  )

  test('falls silent while an operation is stopped: the wait ends', async () => {
    await using subject = await against(() => {})
    const stop = new AbortController()
    const reading = subject.retrying.read(file, undefined, quietContext({ signal: stop.signal }))
    setTimeout(() => stop.abort(), 30)
    await expectRejection(reading, 'INTERRUPTED')
  })

  test.each([
    [403, 'AccessDenied', 'STORAGE_DENIED', 'access denied'],
    [403, 'InvalidObjectState', 'STORAGE_ARCHIVED', 'archived in cold storage'],
    [403, 'RequestTimeTooSkewed', 'STORAGE_DENIED', 'the clock of this machine'],
    [400, 'ExpiredToken', 'STORAGE_DENIED', 'session token has expired'],
    [404, 'NoSuchBucket', 'STORAGE_FILE_MISSING', 'does not exist'],
    [403, 'QuotaExceeded', 'STORAGE_FULL', 'no space left'],
    [404, 'NoSuchKey', 'STORAGE_FILE_MISSING', 'does not exist'],
    [409, 'OperationAborted', 'STORAGE_UNREACHABLE', 'OperationAborted'],
    [405, 'MethodNotAllowed', 'STORAGE_DENIED', 'MethodNotAllowed'],
  ] as const)('answers %i %s: %s', async (status, code, ours, text) => {
    await using subject = await against((_request, reply) => refuse(reply, status, code))
    const error = await expectRejection(subject.backend.read(file, undefined, ctx), ours)
    expect(error.message).toContain(text)
    expect(`${error.message} ${error.hint}`).not.toContain('secret key')
  })
})

describe('listings of an S3 server', () => {
  test('lag behind what was written, grow between pages, and hold strange keys: only whole, well-placed files count', async () => {
    const { name } = file
    const shard = name.slice(0, 2)
    const pages = [
      listing(
        object(`repo/data/${shard}/${name}`, 5) + object('../../etc/passwd', 1) + object(`repo/data/${name}`, 1),
        'two',
      ),
      listing(object(`repo/data/zz/${name}`, 1) + object(`elsewhere/data/${shard}/${name}`, 1)),
    ]
    await using subject = await against((_request, reply) => void reply.end(pages.shift()))
    expect(await listAll(subject.backend, 'data')).toEqual([{ ...file, sizeBytes: 5 }])
  })

  test('a file the listing does not show yet can be read, since its name is known', async () => {
    await using subject = await against((request, reply) => {
      if (request.url?.includes('list-type') === true) return void reply.end(listing(''))
      reply.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes)
    })
    expect(await listAll(subject.backend, 'data')).toEqual([])
    expect(await subject.backend.read(file, undefined, ctx)).toHaveLength(bytes.byteLength)
  })

  test.each([
    ['never ends', listing('', 'again')],
    ['is cut off', '<?xml version="1.0"?><ListBucketResult><IsTruncated>fal'],
    ['is some other XML', '<html><body><p>please log in</p></body></html>'],
    ['is a page for people', '<html><body>please log in<br></body></html>'],
  ])('that %s is an error', async (_title, page) => {
    await using subject = await against((_request, reply) => void reply.end(page))
    expect(await listAll(subject.backend, 'data').catch((error: unknown) => error)).toMatchObject({
      code: 'STORAGE_UNREACHABLE',
    })
  })
})
