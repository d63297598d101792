/** Operations on a repository whose packs of file data the store archives. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { initRepository } from '@holdfast/repository/open/init-repository'
import { type ArchiveServer, startArchiveServer } from '@holdfast/storage/s3/archive-server'
import { createS3Backend } from '@holdfast/storage/s3/s3-backend'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperationFixture, type OperationFixture } from './testing/operation-fixture.ts'

let server: ArchiveServer
let fixture: OperationFixture

beforeAll(async () => {
  server = await startArchiveServer()
  const location = { kind: 's3', endpoint: server.endpoint, bucket: 'bucket', prefix: 'cold' } as const
  await using backend = createS3Backend({ location, accessKeyId: 'key', secretAccessKey: 'secret' })
  const cheapKey = { identity: { username: 'test', hostname: 'test' }, cost: { N: 2, r: 1, p: 1 } } as const
  await initRepository(backend, 'correct horse', cheapKey, quietContext())
  fixture = await createOperationFixture((directory) => {
    mkdirSync(join(directory, 'pictures'))
    writeFileSync(join(directory, 'pictures', 'one'), 'a picture')
    return {
      repositories: {
        cold: {
          location: `s3:${server.endpoint}/bucket/cold`,
          password: { env: 'PASSWORD' },
          // any will do: signatures are not looked at
          variables: { AWS_ACCESS_KEY_ID: { env: 'PASSWORD' }, AWS_SECRET_ACCESS_KEY: { env: 'PASSWORD' } },
          options: { 's3.storage-class': 'GLACIER' },
        },
      },
      sources: { shop: { type: 'files', paths: [join(directory, 'pictures')], repositories: ['cold'] } },
    }
  })
})
afterAll(async () => {
  await fixture?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

test('a proof that would have to wait for hours fails at once and says so; a check and its figures go on', async () => {
  const { catalogue } = fixture
  expect(await fixture.perform('backup', { source: 'shop' })).toMatchObject({ state: 'succeeded' })
  expect(server.keysOf('GLACIER')).toHaveLength(1)
  await expect(fixture.perform('verify', { source: 'shop' })).rejects.toMatchObject({
    code: 'RESTORE_ARCHIVED',
    message: expect.stringContaining('in GLACIER'),
    hint: expect.stringContaining('up to 5 h'),
  })
  expect(await catalogue.proofs.list({ source: 'shop', limit: 5 })).toEqual([])
  const check = { repository: 'cold', arguments: { parts: '1/1' } }
  expect(await fixture.perform('check', check)).toMatchObject({ state: 'succeeded' })
  const mark = JSON.parse((await catalogue.marks.get('archived/cold')) ?? '{}')
  expect(mark).toMatchObject({ packs: 1, classes: 'GLACIER', hours: 5 })

  server.transition((key) => key.includes('/data/'), 'STANDARD')
  expect(await fixture.perform('check', check)).toMatchObject({ state: 'succeeded' })
  expect(await catalogue.marks.get('archived/cold')).toBeUndefined()
  expect(await fixture.perform('verify', { source: 'shop' })).toMatchObject({ state: 'succeeded' })
})
