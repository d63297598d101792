import { quietContext } from '@holdfast/core/context'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { expectRejection, idOf, listAll, sampleBytes } from '../backend-conformance.ts'
import { withRetry } from '../decorate/with-retry.ts'
import { type ArchiveServer, startArchiveServer } from './archive-server.ts'
import { createS3Backend } from './s3-backend.ts'

const ctx = quietContext()
const bytes = sampleBytes(5_000)
const pack = idOf('data', bytes)
let server: ArchiveServer
let backend: Backend

beforeEach(async () => {
  server = await startArchiveServer()
  const location = { kind: 's3', endpoint: server.endpoint, bucket: 'bucket', prefix: 'repo' } as const
  const keys = { accessKeyId: 'key', secretAccessKey: 'secret' }
  const sleep = async () => expect.fail('what is archived is not tried again')
  backend = withRetry(createS3Backend({ location, ...keys, storageClass: 'DEEP_ARCHIVE' }), { sleep })
})
afterEach(async () => {
  await backend[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const bringBack = (days = 3, tier: 'standard' | 'bulk' = 'bulk') =>
  backend.requestRetrieval?.(pack, { days, tier }, ctx)

test('only packs of file data are put into the class that was asked for', async () => {
  await backend.write(pack, bytes, { content: 'data' }, ctx)
  for (const type of ['index', 'snapshot', 'key', 'lock', 'tip'] as const) {
    await backend.write(idOf(type, bytes), bytes, { content: 'metadata' }, ctx)
  }
  const trees = sampleBytes(300)
  await backend.write(idOf('data', trees), trees, { content: 'tree' }, ctx)
  expect(server.keysOf('DEEP_ARCHIVE')).toEqual([`repo/data/${pack.name.slice(0, 2)}/${pack.name}`])
})

test('an archived file is refused at once with its class and the time it takes, and both are told beforehand', async () => {
  await backend.write(pack, bytes, { content: 'data' }, ctx)
  const error = await expectRejection(backend.read(pack, { offset: 0, length: 10 }, ctx), 'STORAGE_ARCHIVED')
  expect(error.message).toContain('is archived in DEEP_ARCHIVE')
  expect(error.hint).toContain('up to 12 h, with the tier bulk up to 48 h')
  expect(await listAll(backend, 'data')).toEqual([{ ...pack, sizeBytes: 5_000, storageClass: 'DEEP_ARCHIVE' }])
  expect((await backend.stat(pack, ctx)).archived).toEqual({ archiveClass: 'DEEP_ARCHIVE', isRequested: false })
})

test('what was asked for is on its way, is asked for once, and can be read when it is there', async () => {
  await backend.write(pack, bytes, { content: 'data' }, ctx)
  await bringBack()
  await bringBack()
  expect(server.requests).toHaveLength(1)
  expect(server.requests[0]?.body).toContain('<Days>3</Days>')
  expect(server.requests[0]?.body).toContain('<Tier>Bulk</Tier>')
  expect((await backend.stat(pack, ctx)).archived).toEqual({ archiveClass: 'DEEP_ARCHIVE', isRequested: true })
  await expectRejection(backend.read(pack, undefined, ctx), 'STORAGE_ARCHIVED')
  server.deliver()
  expect((await backend.stat(pack, ctx)).archived).toBeUndefined()
  expect(Buffer.from(await backend.read(pack, undefined, ctx)).equals(bytes)).toBe(true)
  await bringBack()
  expect(server.requests).toHaveLength(1)
})

test('what intelligent tiering has archived is told by its tier, and asked for without a number of days', async () => {
  await backend.write(pack, bytes, { content: 'data' }, ctx)
  server.transition(() => true, 'INTELLIGENT_TIERING', 'ARCHIVE_ACCESS')
  const error = await expectRejection(backend.read(pack, undefined, ctx), 'STORAGE_ARCHIVED')
  expect(error.message).toContain('ARCHIVE_ACCESS')
  expect(error.hint).toContain('up to 5 h')
  expect((await backend.stat(pack, ctx)).archived).toEqual({ archiveClass: 'ARCHIVE_ACCESS', isRequested: false })
  await bringBack(3, 'standard')
  expect(server.requests[0]?.body).not.toContain('Days')
  expect(server.requests[0]?.body).toContain('<Tier>Standard</Tier>')
})

test('classes that can be read at once are no archive', async () => {
  await backend.write(pack, bytes, { content: 'data' }, ctx)
  server.transition(() => true, 'GLACIER_IR')
  expect((await backend.stat(pack, ctx)).archived).toBeUndefined()
  expect(await backend.read(pack, undefined, ctx)).toHaveLength(5_000)
  await bringBack()
  expect(server.requests).toHaveLength(0)
})
