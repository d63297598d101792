import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { expectRejection, idOf, listAll, sampleBytes } from '../backend-conformance.ts'
import { runToEnd } from '../server-process.ts'
import { createLocalBackend } from './local-backend.ts'

const ctx = quietContext()
let folder: string
let backend: Backend

/** A disk of 2 MiB in memory; mounting needs root. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-disk-'))
  await runToEnd('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], 'mount')
  backend = createLocalBackend(join(folder, 'repository'))
  await backend.create(ctx)
})
afterEach(async () => {
  await backend[Symbol.asyncDispose]()
  await runToEnd('umount', [folder], 'mount')
  await rm(folder, { recursive: true })
})

describe('local backend on a real disk', () => {
  test('that is full says so, keeps what was there and leaves no half file', async () => {
    const small = sampleBytes(1000)
    await backend.write(idOf('index', small), small, { content: 'metadata' }, ctx)
    const large = sampleBytes(3 * 1024 * 1024)
    const error = await expectRejection(
      backend.write(idOf('data', large), large, { content: 'data' }, ctx),
      'STORAGE_FULL',
    )
    expect(error.retryable).toBe(false)
    expect(await listAll(backend, 'data')).toEqual([])
    expect(await readdir(backend.traits.spoolDirectory ?? '')).toEqual([])
    expect(await backend.read(idOf('index', small), undefined, ctx)).toHaveLength(1000)
  })

  test('that became read-only refuses to write and remove, and still reads', async () => {
    const bytes = sampleBytes(1000)
    const file = idOf('snapshot', bytes)
    await backend.write(file, bytes, { content: 'metadata' }, ctx)
    await runToEnd('mount', ['-o', 'remount,ro', folder], 'mount')
    const other = sampleBytes(1001)
    await expectRejection(backend.write(idOf('data', other), other, { content: 'data' }, ctx), 'STORAGE_DENIED')
    await expectRejection(backend.remove(file, ctx), 'STORAGE_DENIED')
    await expectRejection(createLocalBackend(join(folder, 'new')).create(ctx), 'STORAGE_DENIED')
    expect(await backend.read(file, undefined, ctx)).toHaveLength(1000)
    await runToEnd('mount', ['-o', 'remount,rw', folder], 'mount')
  })
})
