import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetObjectRetentionCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeBackend, idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { type CephServer, startCephServer } from './testing/ceph-server.ts'
import { createS3Backend } from './s3-backend.ts'
import { createS3Client, type S3ClientOptions } from './s3-client.ts'

const ctx = quietContext()
const config = { type: 'config', name: 'config' } as const
let server: CephServer
let places = 0

beforeAll(async () => {
  server = await startCephServer()
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
})

function optionsFor(bucket: string, prefix = `place-${++places}`): S3ClientOptions {
  const { endpoint, accessKeyId, secretAccessKey } = server
  return { location: { kind: 's3', endpoint, bucket, prefix }, accessKeyId, secretAccessKey }
}

/** Sends every host name to the test server. */
const lookup: LookupFunction = (_name, options, done) =>
  options.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)

function virtualHostOptions(bucket: string): S3ClientOptions {
  const options = optionsFor(bucket)
  const endpoint = `http://${server.dnsName}:${new URL(server.endpoint).port}`
  return { ...options, location: { ...options.location, endpoint }, pathStyle: 'dns', lookup }
}

describeBackend('S3 backend on Ceph, bucket in the path', async () => createS3Backend(optionsFor('conformance')))

describe('S3 backend on Ceph', () => {
  test('the bucket may be part of the host name', async () => {
    await using byHost = createS3Backend(virtualHostOptions('virtual-host'))
    await byHost.create(ctx)
    const file = idOf('data', sampleBytes(100))
    await byHost.write(file, sampleBytes(100), { content: 'data' }, ctx)
    expect(await listAll(byHost, 'data')).toEqual([{ ...file, sizeBytes: 100 }])
    await using byPath = createS3Backend(optionsFor('virtual-host', `place-${places}`))
    expect(await byPath.read(file, undefined, ctx)).toHaveLength(100)
  })

  test('a repository may be at the root of its bucket, and listings of many pages are complete', async () => {
    await using backend = createS3Backend(optionsFor('root-bucket', ''))
    await backend.create(ctx)
    const contents = Array.from({ length: 1105 }, (_, i) => Buffer.from(`lock ${i}`))
    for (let i = 0; i < contents.length; i += 50) {
      const batch = contents.slice(i, i + 50)
      await Promise.all(batch.map((bytes) => backend.write(idOf('lock', bytes), bytes, { content: 'metadata' }, ctx)))
    }
    expect(await listAll(backend, 'lock')).toHaveLength(1105)
  })

  test('a bucket that does not exist holds nothing, and nothing can be put there', async () => {
    await using backend = createS3Backend(optionsFor('no-such-bucket-here'))
    for (const type of ['config', 'data', 'index', 'key', 'lock', 'snapshot'] as const) {
      expect(await listAll(backend, type)).toEqual([])
    }
    await expectRejection(backend.stat(config, ctx), 'STORAGE_FILE_MISSING')
    await expectRejection(backend.read(config, undefined, ctx), 'STORAGE_FILE_MISSING')
    await backend.remove(config, ctx)
    const bytes = sampleBytes(10)
    const error = await expectRejection(
      backend.write(idOf('data', bytes), bytes, { content: 'data' }, ctx),
      'STORAGE_DENIED',
    )
    expect(error.message).toContain('the bucket no-such-bucket-here does not exist')
    expect(error.retryable).toBe(false)
  })

  test('a wrong secret and an unknown key are told apart, and none is worth a retry', async () => {
    const options = optionsFor('conformance')
    const cases = [
      [{ ...options, secretAccessKey: 'wrong' }, 'the secret access key is wrong'],
      [{ ...options, accessKeyId: 'NOBODY' }, 'the access key is not known'],
    ] as const
    for (const [wrong, text] of cases) {
      await using backend = createS3Backend(wrong)
      const error = await expectRejection(backend.read(config, undefined, ctx), 'STORAGE_DENIED')
      expect(error.message).toContain(text)
      expect(error.retryable).toBe(false)
    }
  })

  test('without credentials nothing is sent to a host that is not Amazon’s', () => {
    const { location } = optionsFor('conformance')
    expect(() => createS3Backend({ location })).toThrow('set AWS_ACCESS_KEY_ID')
  })

  test('bytes that are not what the name says are refused by the server', async () => {
    await using backend = createS3Backend(optionsFor('conformance'))
    const file = idOf('data', sampleBytes(100, 1))
    await expectRejection(backend.write(file, sampleBytes(100, 2), { content: 'data' }, ctx), 'STORAGE_UNREACHABLE')
    expect(await listAll(backend, 'data')).toEqual([])
  })

  test('a spooled file that has gone is an error at once, not an endless wait', async () => {
    await using backend = createS3Backend(optionsFor('conformance'))
    const file = idOf('data', sampleBytes(100))
    const content = { path: join(tmpdir(), 'holdfast-no-such-file'), sizeBytes: 100 }
    const error = await expectRejection(backend.write(file, content, { content: 'data' }, ctx), 'STORAGE_UNREACHABLE')
    expect(error.message).toContain('ENOENT')
  })

  test('retention is set on everything but locks and tips', async () => {
    const options = {
      ...optionsFor('locked-bucket'),
      objectLock: { mode: 'GOVERNANCE', retainForMs: 3600_000 },
    } as const
    await using backend = createS3Backend(options)
    await backend.create(ctx)
    const bytes = sampleBytes(1000)
    for (const type of ['data', 'lock', 'tip'] as const) {
      await backend.write(idOf(type, bytes), bytes, { content: type === 'data' ? 'data' : 'metadata' }, ctx)
    }
    const client = createS3Client(options)
    const { name } = idOf('data', bytes)
    const retention = await retentionOf(client, options, `data/${name.slice(0, 2)}/${name}`)
    expect(retention?.Mode).toBe('GOVERNANCE')
    const retainedMs = (retention?.RetainUntilDate?.getTime() ?? 0) - Date.now()
    expect(retainedMs).toBeGreaterThan(3500_000)
    expect(retainedMs).toBeLessThan(3700_000)
    expect(await retentionOf(client, options, `locks/${name}`)).toBeUndefined()
    expect(await retentionOf(client, options, `tips/${name}`)).toBeUndefined()
    client.destroy()
  })

  test('packs of data go to the storage class asked for, trees and indexes do not', async () => {
    const options = { ...optionsFor('conformance'), storageClass: 'NO_SUCH_CLASS' }
    await using backend = createS3Backend(options)
    const bytes = sampleBytes(10)
    await backend.write(idOf('data', bytes), bytes, { content: 'tree' }, ctx)
    await backend.write(idOf('index', bytes), bytes, { content: 'metadata' }, ctx)
    const other = sampleBytes(11)
    await expectRejection(backend.write(idOf('data', other), other, { content: 'data' }, ctx), 'STORAGE_DENIED')
    await using standard = createS3Backend({ ...options, storageClass: 'STANDARD' })
    await standard.write(idOf('data', other), other, { content: 'data' }, ctx)
    expect((await standard.stat(idOf('data', other), ctx)).sizeBytes).toBe(11)
  })

  test('a file above 200 MiB goes up in parts and comes back the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-s3-'))
    try {
      await using backend = createS3Backend(optionsFor('conformance'))
      const bytes = Buffer.alloc(201 * 1024 * 1024)
      sampleBytes(1024 * 1024).copy(bytes, 150 * 1024 * 1024)
      const path = join(folder, 'large')
      await writeFile(path, bytes)
      const file = idOf('data', bytes)
      await backend.write(file, { path, sizeBytes: bytes.byteLength }, { content: 'data' }, ctx)
      const read = await backend.read(file, undefined, ctx)
      expect(Buffer.compare(read, bytes)).toBe(0)
      await backend.write(file, { path, sizeBytes: bytes.byteLength }, { content: 'data' }, ctx)
      const options = optionsFor('conformance', `place-${places}`)
      const client = createS3Client(options)
      const Key = `${options.location.prefix}/data/${file.name.slice(0, 2)}/${file.name}`
      // The tag of an object made from parts ends with their number.
      expect((await client.send(new HeadObjectCommand({ Bucket: 'conformance', Key }))).ETag).toMatch(/-4"$/)
      client.destroy()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

async function retentionOf(client: S3Client, { location }: S3ClientOptions, path: string) {
  const input = { Bucket: location.bucket, Key: `${location.prefix}/${path}` }
  return await client.send(new GetObjectRetentionCommand(input)).then(
    (reply) => reply.Retention,
    () => undefined,
  )
}
