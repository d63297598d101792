import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { describeBackend, idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { withConnectionLimit } from '../decorate/with-connection-limit.ts'
import { withRetry } from '../decorate/with-retry.ts'
import { parseLocation } from '../location.ts'
import { openBackend } from '../open-backend.ts'
import { runToEnd } from '../server-process.ts'
import type { RestOptions } from '../storage-options.ts'
import { type RcloneServer, startRcloneServer } from './testing/rclone-server.ts'
import type { RestLocation } from '../location.ts'
import { createRestBackend } from './rest-backend.ts'

const ctx = quietContext()
const stack = new AsyncDisposableStack()
let folder: string
let plain: RcloneServer
let guarded: RcloneServer
let encrypted: RcloneServer
let certFile: string
let places = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-rest-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const subject = ['-subj', '/CN=holdfast test', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', keyFile, '-out', certFile]
  await runToEnd('openssl', [...make, ...subject], 'openssl')
  plain = stack.use(await startRcloneServer())
  guarded = stack.use(await startRcloneServer({ username: 'me@host', password: 'p:w/d' }))
  encrypted = stack.use(await startRcloneServer({ certificate: { certFile, keyFile } }))
  await serveSocket(join(folder, 'socket'), plain.port)
})
afterAll(() => stack.disposeAsync())

/** rclone 1.60 cannot listen on a Unix socket, so this passes connections on. */
async function serveSocket(path: string, port: number): Promise<void> {
  const server: Server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
  })
  await new Promise<void>((done) => server.listen(path, done))
  stack.defer(() => void server.close())
}

function restLocation(text: string): RestLocation {
  const location = parseLocation(text)
  if (location.kind !== 'rest') throw new Error(`${text} is not a REST location`)
  return location
}

async function open(text: string, rest: RestOptions = {}): Promise<Backend> {
  return await openBackend(parseLocation(text), { rest }, ctx)
}

describeBackend('REST backend on rclone', async () =>
  createRestBackend({ location: restLocation(`rest:http://127.0.0.1:${plain.port}/place-${++places}/`) }),
)

describeBackend('REST backend with user and password, retries and a connection limit', async () => {
  const location = restLocation(`rest:http://127.0.0.1:${guarded.port}/place-${++places}/`)
  const backend = createRestBackend({ location, username: 'me@host', password: 'p:w/d' })
  return withRetry(withConnectionLimit(backend, 3), { sleep: async () => {} })
})

describeBackend('REST backend over a Unix socket', async () =>
  createRestBackend({ location: restLocation(`rest:http+unix://${join(folder, 'socket')}:/place-${++places}/`) }),
)

describe('REST backend', () => {
  test('a server with a certificate of its own is trusted once its CA file is given, and only then', async () => {
    const text = `rest:https://localhost:${encrypted.port}/tls/`
    await using trusting = await open(text, { caFile: certFile })
    await trusting.create(ctx)
    const file = idOf('data', sampleBytes(100))
    await trusting.write(file, sampleBytes(100), { content: 'data' }, ctx)
    await using wary = await open(text)
    const error = await expectRejection(wary.stat(file, ctx), 'STORAGE_DENIED')
    expect(error.message).toContain('not trusted')
    await using careless = await open(text, { insecureTls: true })
    expect((await careless.stat(file, ctx)).sizeBytes).toBe(100)
  })

  test('a wrong password is refused at once, and no password is ever shown', async () => {
    await using backend = await open(`rest:http://me%40host:wrong-one@127.0.0.1:${guarded.port}/place/`)
    const error = await expectRejection(listAll(backend, 'snapshot'), 'STORAGE_DENIED')
    expect(error.message).toContain('user name or password is wrong')
    expect(JSON.stringify([error.message, error.details, backend.location])).not.toContain('wrong-one')
  })

  test('credentials in the location are used', async () => {
    await using backend = await open(`rest:http://me%40host:p%3Aw%2Fd@127.0.0.1:${guarded.port}/place/`)
    expect(await listAll(backend, 'snapshot')).toEqual([])
  })

  test('credentials may come from the options instead of the location', async () => {
    const rest = { username: 'me@host', password: 'p:w/d' }
    await using backend = await open(`rest:http://127.0.0.1:${guarded.port}/elsewhere/`, rest)
    await backend.create(ctx)
    expect(await listAll(backend, 'snapshot')).toEqual([])
  })

  test('an append-only server takes new files, and refuses removal except of locks', async () => {
    await using server = await startRcloneServer({ appendOnly: true })
    await using backend = await open(`rest:http://127.0.0.1:${server.port}/`)
    await backend.create(ctx)
    const bytes = sampleBytes(100)
    for (const type of ['data', 'lock'] as const) {
      await backend.write(idOf(type, bytes), bytes, { content: 'metadata' }, ctx)
      await backend.write(idOf(type, bytes), bytes, { content: 'metadata' }, ctx)
    }
    await expectRejection(backend.remove(idOf('data', bytes), ctx), 'STORAGE_DENIED')
    await backend.remove(idOf('lock', bytes), ctx)
    expect(await readdir(join(server.folder, 'data', idOf('data', bytes).name.slice(0, 2)))).toHaveLength(1)
  })
})
