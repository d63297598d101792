import { randomBytes } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { describe, expect, test } from 'vitest'
import { encodeIndex, type IndexPack } from '../format/index-file.ts'
import { initRepository } from '../open/init-repository.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { loadIndex } from './load-index.ts'

const ctx = quietContext()
const id = (): string => randomBytes(32).toString('hex')

function makePack(blobs: number): IndexPack {
  return {
    id: id(),
    blobs: Array.from({ length: blobs }, (_, i) => ({
      id: id(),
      type: i % 7 === 0 ? 'tree' : 'data',
      offset: i * 1000,
      length: 1000,
      rawLength: i % 3 === 0 ? 0 : 5000,
    })),
  }
}

async function openEmpty(): Promise<Repository> {
  const identity = { username: 'test', hostname: 'test' }
  return initRepository(createMemoryBackend(), 'secret', { identity, cost: { N: 2, r: 1, p: 1 } }, ctx)
}

async function expectAll(repository: Repository, packs: readonly IndexPack[]): Promise<void> {
  const index = await loadIndex(repository, ctx)
  expect(index.size).toBe(packs.reduce((sum, pack) => sum + pack.blobs.length, 0))
  for (const pack of packs) {
    const packEnd = pack.blobs.length * 1000
    for (const blob of pack.blobs) {
      const { type, offset, length, rawLength } = blob
      const place = { packId: pack.id, isTree: type === 'tree', offset, length, rawLength, packEnd }
      expect(index.locateAll(blob.id)).toContainEqual(place)
    }
  }
}

describe('an index too large for one thread', () => {
  test('is loaded whole, with every copy of a blob and packs that several files name', async () => {
    const repository = await openEmpty()
    const packs = Array.from({ length: 150 }, () => makePack(1000))
    for (let at = 0; at < 150; at += 10) {
      await writeUnpacked(repository, 'index', encodeIndex(packs.slice(at, at + 10)), ctx)
    }
    await writeUnpacked(repository, 'index', encodeIndex(packs.slice(5, 15)), ctx)
    await expectAll(repository, [...packs, ...packs.slice(5, 15)])
  })

  test('is loaded whole when its largest file gives a wrong idea of the others', async () => {
    const repository = await openEmpty()
    // few blobs in many packs, where the others have many blobs in few
    const spread = Array.from({ length: 3000 }, () => makePack(1))
    const dense = Array.from({ length: 60 }, () => makePack(2000))
    await writeUnpacked(repository, 'index', encodeIndex(spread), ctx)
    for (const pack of dense) await writeUnpacked(repository, 'index', encodeIndex([pack]), ctx)
    const many = Array.from({ length: 8000 }, () => makePack(1))
    for (let at = 0; at < 8000; at += 1000) {
      await writeUnpacked(repository, 'index', encodeIndex(many.slice(at, at + 1000)), ctx)
    }
    await expectAll(repository, [...spread, ...dense, ...many])
  })

  test('is refused when a file is damaged', async () => {
    const repository = await openEmpty()
    for (let file = 0; file < 6; file++) {
      await writeUnpacked(repository, 'index', encodeIndex([makePack(20_000)]), ctx)
    }
    const name = 'ab'.repeat(32)
    await repository.backend.write({ type: 'index', name }, randomBytes(1000), { content: 'metadata' }, ctx)
    await expect(loadIndex(repository, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
  })
})
