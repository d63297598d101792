import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Backend, FileInfo } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, describe, expect, test } from 'vitest'
import { createMasterKey } from '../format/create-master-key.ts'
import type { Repository } from '../repository.ts'
import type { FinishedPack } from './finished-pack.ts'
import { loadIndex } from './load-index.ts'
import { createPackCollector } from './pack-collector.ts'
import { sha256 } from './sha256.ts'

const spool = mkdtempSync(join(tmpdir(), 'holdfast-collector-'))
afterAll(() => rmSync(spool, { recursive: true }))
const ctx = quietContext()

function repositoryOn(backend: Backend): Repository {
  const config = { version: 2, id: '0'.repeat(64), chunkerPolynomial: 0x3da3358b4dc173n } as const
  return { backend, config, key: createMasterKey(), keyId: '' }
}

function somePack(blobCount: number): FinishedPack {
  const bytes = randomBytes(1000)
  const path = join(spool, sha256(bytes))
  writeFileSync(path, bytes)
  const blobs = Array.from({ length: blobCount }, (_, i) => ({
    id: randomBytes(32).toString('hex'),
    type: 'data' as const,
    offset: i * 40,
    length: 40,
    rawLength: 0,
  }))
  return { path, sizeBytes: bytes.length, id: sha256(bytes), isTree: false, blobs, blobBytes: 40 * blobCount }
}

async function list(backend: Backend, type: FileInfo['type']): Promise<string[]> {
  return (await Array.fromAsync(backend.list(type, ctx))).map(({ name }) => name).toSorted()
}

describe('the pack collector', () => {
  test('stores packs, then index files of at most 50 000 blobs that name each of them once', async () => {
    const backend = createMemoryBackend()
    const order: string[] = []
    const watched: Backend = {
      ...backend,
      write: async (file, ...rest) => {
        await backend.write(file, ...rest)
        order.push(file.type)
      },
      flush: async (each) => {
        await backend.flush(each)
        order.push('flush')
      },
    }
    const repository = repositoryOn(watched)
    const collector = createPackCollector(repository, ctx)
    const packs = Array.from({ length: 12 }, () => somePack(10_000))
    for (const pack of packs) collector.add(pack)
    expect(await collector.finish()).toEqual({ packs: 12, blobs: 120_000, sizeBytes: 12_000 })
    expect(await list(backend, 'data')).toEqual(packs.map(({ id }) => id).toSorted())
    expect((await list(backend, 'index')).length).toBe(3)
    expect((await loadIndex(repository, ctx)).size).toBe(120_000)
    for (const [i, each] of order.entries()) if (each === 'index') expect(order.slice(0, i)).toContain('flush')
  })

  test('finishes what was added so far while more comes, and names each pack in one index file', async () => {
    const backend = createMemoryBackend()
    const later = somePack(10)
    const held = Promise.withResolvers<void>()
    const slow: Backend = {
      ...backend,
      write: async (file, ...rest) => {
        if (file.name === later.id) await held.promise
        await backend.write(file, ...rest)
      },
    }
    const repository = repositoryOn(slow)
    const collector = createPackCollector(repository, ctx)
    collector.add(somePack(10))
    const first = collector.finish()
    collector.add(later)
    expect((await first).packs).toBe(1)
    expect((await loadIndex(repository, ctx)).size).toBe(10)
    held.resolve()
    expect((await collector.finish()).packs).toBe(2)
    expect((await list(backend, 'index')).length).toBe(2)
    expect((await loadIndex(repository, ctx)).size).toBe(20)
  })

  test('writes no index for a pack that could not be stored, nor anything after it', async () => {
    const backend = createMemoryBackend()
    let writes = 0
    const failing: Backend = {
      ...backend,
      write: (...call) => (++writes === 2 ? Promise.reject(new Error('the disk is gone')) : backend.write(...call)),
    }
    const collector = createPackCollector(repositoryOn(failing), ctx)
    for (let i = 0; i < 20; i++) collector.add(somePack(10))
    await expect(collector.finish()).rejects.toThrow('the disk is gone')
    expect(await list(backend, 'index')).toEqual([])
    expect((await list(backend, 'data')).length).toBeLessThan(6)
    collector.add(somePack(10))
    expect(collector.pending).toBe(0)
  })
})
