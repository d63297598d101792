import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { listAll, expectRejection } from './backend-conformance.ts'
import { parseLocation } from './location.ts'
import { openBackend } from './open-backend.ts'

const ctx = quietContext()

test('a path opens without retries, readable to workers; limits are applied when asked for', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-open-'))
  await using backend = await openBackend(parseLocation(folder), {}, ctx)
  expect(backend.location).toBe(folder)
  expect(backend.traits.readableRoot).toBe(folder)
  expect(await listAll(backend, 'data')).toEqual([])
  const options = { connections: 7, downloadBytesPerSecond: 1000 }
  await using limited = await openBackend(parseLocation(folder), options, ctx)
  expect(limited.traits.connections).toBe(7)
  expect(limited.traits.readableRoot).toBeUndefined()
  await rm(folder, { recursive: true })
})

test('remote stores open without being reached, and show where they are without passwords', async () => {
  const options = {
    s3: { accessKeyId: 'key', secretAccessKey: 'hidden' },
    rest: { username: 'me', password: 'hidden' },
  }
  for (const text of ['s3:https://host.invalid/bucket/x', 'rest:https://me:hidden@host.invalid/x/']) {
    await using backend = await openBackend(parseLocation(text), options, ctx)
    expect(backend.location).toBe(text.replace(':hidden@', ':***@'))
    expect(JSON.stringify(backend)).not.toContain('hidden')
    expect(backend.traits.connections).toBe(5)
  }
})

test('a CA file that is missing or holds no certificate is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-open-'))
  const location = parseLocation('rest:https://host.invalid/')
  const missing = { rest: { caFile: join(folder, 'missing.pem') } }
  expect((await expectRejection(openBackend(location, missing, ctx), 'ARGUMENT_INVALID')).message).toContain(
    'missing.pem',
  )
  await writeFile(join(folder, 'empty.pem'), '')
  const empty = { rest: { caFile: join(folder, 'empty.pem') } }
  expect((await expectRejection(openBackend(location, empty, ctx), 'ARGUMENT_INVALID')).message).toContain('PEM')
  await rm(folder, { recursive: true })
})
