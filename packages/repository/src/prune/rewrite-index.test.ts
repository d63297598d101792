import { quietContext } from '@holdfast/core/context'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../engine/sha256.ts'
import { encodeIndex, type IndexPack } from '../format/index-file.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { exampleRepository } from '../snapshot/snapshot-fixture.ts'
import { crashAfter, storeIndex } from './repository-fixture.ts'
import { readIndexPacks, rewriteIndex } from './rewrite-index.ts'
import { listNames } from './stored-files.ts'

const ctx = quietContext()
const work = 'test'

function pack(name: string, blobs: number): IndexPack {
  const entries = Array.from({ length: blobs }, (_, i) => ({
    id: sha256(Buffer.from(`${name} ${i}`)),
    type: 'data' as const,
    offset: i * 100,
    length: 100,
    rawLength: 0,
  }))
  return { id: sha256(Buffer.from(name)), blobs: entries }
}

async function readFiles(repository: Repository): Promise<Map<string, readonly IndexPack[]>> {
  const files = new Map<string, readonly IndexPack[]>()
  for (const name of await listNames(repository, 'index', ctx)) {
    files.set(name, (await readIndexPacks(repository, name, ctx)).packs)
  }
  return files
}

function idsIn(files: Map<string, readonly IndexPack[]>): string[] {
  return [...files.values()].flatMap((packs) => packs.map(({ id }) => id)).toSorted()
}

describe('rewriting the index', () => {
  test('keeps complete files without a dropped pack, and joins the others without the dropped ones', async () => {
    const repository = exampleRepository()
    const complete = await storeIndex(repository, [pack('large', 50_000)], ctx)
    await storeIndex(repository, [pack('a', 10), pack('gone', 10)], ctx)
    await storeIndex(repository, [pack('b', 10)], ctx)
    const report = await rewriteIndex(repository, { drop: new Set([pack('gone', 1).id]), work }, ctx)
    expect(report).toEqual({ kept: 1, written: 1, removed: 2 })
    const files = await readFiles(repository)
    expect([...files.keys()]).toContain(complete)
    expect(idsIn(files)).toEqual(['a', 'b', 'large'].map((name) => pack(name, 1).id).toSorted())
  })

  test('rewrites a complete file that names a dropped pack', async () => {
    const repository = exampleRepository()
    const complete = await storeIndex(repository, [pack('large', 50_000), pack('gone', 1)], ctx)
    await rewriteIndex(repository, { drop: new Set([pack('gone', 1).id]), work }, ctx)
    const files = await readFiles(repository)
    expect([...files.keys()]).not.toContain(complete)
    expect(idsIn(files)).toEqual([pack('large', 1).id])
  })

  test('names all blobs of a pack in one file, and begins a new file after 50 000 blobs', async () => {
    const repository = exampleRepository()
    const packs = Array.from({ length: 13 }, (_, i) => pack(`p${i}`, 9_000))
    for (const each of packs) await storeIndex(repository, [each], ctx)
    await rewriteIndex(repository, { drop: new Set(), work }, ctx)
    const files = await readFiles(repository)
    expect(idsIn(files)).toEqual(packs.map(({ id }) => id).toSorted())
    expect([...files.values()].map((each) => each.length).toSorted((a, b) => a - b)).toEqual([1, 6, 6])
    for (const each of files.values()) for (const { blobs } of each) expect(blobs).toHaveLength(9_000)
  })

  test('writes what two files say of a pack once, in whichever order they said it', async () => {
    const repository = exampleRepository()
    const twice = pack('twice', 3)
    await storeIndex(repository, [twice, pack('a', 1)], ctx)
    await storeIndex(repository, [{ ...twice, blobs: twice.blobs.toReversed() }], ctx)
    await rewriteIndex(repository, { drop: new Set(), work }, ctx)
    expect(idsIn(await readFiles(repository))).toEqual([pack('a', 1).id, twice.id].toSorted())
  })

  test('understands the first layout of index files, a bare list of packs', async () => {
    const repository = exampleRepository()
    const json = encodeIndex([pack('old', 2)]).toString()
    await writeUnpacked(repository, 'index', Buffer.from(json.slice('{"packs":'.length, -2)), ctx)
    await rewriteIndex(repository, { drop: new Set(), work }, ctx)
    const [packs] = (await readFiles(repository)).values()
    expect(packs).toEqual([pack('old', 2)])
  })

  test('cut off after any change still names every pack', async () => {
    for (let changes = 0; changes < 4; changes++) {
      const repository = exampleRepository()
      await storeIndex(repository, [pack('a', 1)], ctx)
      await storeIndex(repository, [pack('b', 1)], ctx)
      const backend = crashAfter(repository.backend, changes)
      const outcome = rewriteIndex({ ...repository, backend }, { drop: new Set(), work }, ctx)
      if (changes < 3) await expect(outcome).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' })
      else await outcome
      const named = [...new Set(idsIn(await readFiles(repository)))]
      expect(named).toEqual([pack('a', 1).id, pack('b', 1).id].toSorted())
    }
  })
})
