import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seal } from '../format/crypto.ts'
import { encodeIndex, type IndexPack } from '../format/index-file.ts'
import { encodeUnpacked } from '../format/unpacked.ts'
import { buildRepository, dataDraft, storePack, treeDraft } from '../tree/built-repository.ts'
import type { IntakeType } from './intake-job.ts'
import { type Intake, openIntake } from './open-intake.ts'

const ctx = quietContext()
const repository = buildRepository()
let directory: string
let intake: Intake

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-intake-'))
  intake = openIntake(repository, 1, ctx)
})
afterAll(async () => {
  await intake[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

/** What is found in these bytes, or the reason why not. */
async function inspect(type: IntakeType, bytes: Uint8Array): Promise<unknown> {
  const name = hash('sha256', bytes, 'hex')
  const path = join(directory, name)
  writeFileSync(path, bytes)
  try {
    return await intake.inspect({ type, name, path, sizeBytes: bytes.length }, ctx)
  } catch (error) {
    if (isAppError(error, 'REPOSITORY_DAMAGED')) return error.details['reason']
    throw error
  }
}

const index = (packs: readonly IndexPack[]): Uint8Array => seal(repository.key, encodeUnpacked(encodeIndex(packs), 2))
const bytesOf = (name: string) => repository.backend.read({ type: 'data', name }, undefined, ctx)

test('a pack whose blobs are what they say is told by what it holds', async () => {
  const trees = await storePack(repository, [treeDraft([])], ctx)
  const mixed = await storePack(repository, [treeDraft([]), dataDraft('one'), dataDraft('')], ctx)
  expect(await inspect('data', await bytesOf(trees.id))).toMatchObject({ type: 'data', holds: 'tree' })
  expect(await inspect('data', await bytesOf(mixed.id))).toMatchObject({ type: 'data', holds: 'data' })
})

test('a blob under the id of another is found out, compressed or not', async () => {
  const { id } = dataDraft('somebody else’s')
  const plain = await storePack(repository, [dataDraft('true'), { ...dataDraft('false'), id }], ctx)
  const compressed = await storePack(repository, [{ ...treeDraft([]), id }], ctx)
  expect(await inspect('data', await bytesOf(plain.id))).toContain('its content is another')
  expect(await inspect('data', await bytesOf(compressed.id))).toContain('its content is another')
})

test('an index agrees with packs that were seen and with packs that are stored, or is refused', async () => {
  const [stored, others] = [
    await storePack(repository, [dataDraft('a'), dataDraft('b')], ctx),
    await storePack(repository, [dataDraft('c')], ctx),
  ]
  const [first] = stored.blobs
  if (first === undefined) throw new Error('it has two')
  expect(await inspect('index', index([stored, others]))).toMatchObject({ type: 'index' })
  const reversed = { id: stored.id, blobs: stored.blobs.toReversed() }
  expect(await inspect('index', index([reversed])), 'in any order').toMatchObject({ type: 'index' })
  const wrong: Readonly<Record<string, IndexPack>> = {
    'half of it': { id: stored.id, blobs: [first] },
    'another id': { id: stored.id, blobs: [{ ...first, id: 'f'.repeat(64) }, ...stored.blobs.slice(1)] },
    'another kind': { id: stored.id, blobs: [{ ...first, type: 'tree' }, ...stored.blobs.slice(1)] },
    'another size': { id: stored.id, blobs: [{ ...first, rawLength: 9 }, ...stored.blobs.slice(1)] },
    'blobs of another': { id: stored.id, blobs: others.blobs },
    'a pack that is not there': { id: '0'.repeat(64), blobs: others.blobs },
  }
  for (const [label, pack] of Object.entries(wrong)) {
    expect([label, await inspect('index', index([pack]))]).toEqual([label, expect.stringContaining('pack')])
  }
  expect(await inspect('index', index([stored, stored]))).toContain('twice')
  const seen = await inspect('data', await bytesOf(others.id))
  expect(seen).toMatchObject({ type: 'data' })
  await repository.backend.remove({ type: 'data', name: others.id }, ctx)
  expect(await inspect('index', index([others])), 'seen, and pruned since').toContain('what it says of pack')
})

test('what restic would read otherwise than we do is refused', async () => {
  const stored = await storePack(repository, [dataDraft('true')], ctx)
  const time = '"time":"2026-11-21T00:00:00Z"'
  const lies: readonly (readonly [IntakeType, string])[] = [
    ['index', encodeIndex([stored]).toString().replace('{"packs":', '{"Packs":[],"packs":')],
    ['index', encodeIndex([stored]).toString().replace('{"packs":', '{"\\u0073upersedes":[],"packs":')],
    ['snapshot', `{${time},"tree":"${'0'.repeat(64)}","paths":["/a"],"hostname":"web","Hostname":"db"}`],
    ['lock', `{${time},"exclusive":false,"hostname":"web","username":"a","pid":1,"Exclusive":true}`],
  ]
  for (const [type, json] of lies) {
    const found = await inspect(type, seal(repository.key, encodeUnpacked(Buffer.from(json), 2)))
    expect([json, found]).toEqual([json, expect.stringContaining('is not read alike')])
  }
})

test('what is sealed with another key, or expands without end, is refused', async () => {
  const stranger = buildRepository()
  const pack = await storePack(stranger, [dataDraft('x')], ctx)
  const foreign = await stranger.backend.read({ type: 'data', name: pack.id }, undefined, ctx)
  expect(await inspect('data', foreign)).toContain('tag does not match')
  const bomb = seal(repository.key, encodeUnpacked(Buffer.alloc(17 << 20), 2))
  expect(bomb.length).toBeLessThan(10_000)
  expect(await inspect('snapshot', bomb)).toContain('does not decompress')
})

test('a job that fails in an unforeseen way spoils none that comes after it', async () => {
  const missing = { type: 'lock', name: '0'.repeat(64), path: join(directory, 'missing'), sizeBytes: 1 } as const
  await expect(intake.inspect(missing, ctx)).rejects.toThrow('ENOENT')
  const pack = await storePack(repository, [dataDraft('later')], ctx)
  expect(await inspect('data', await bytesOf(pack.id))).toMatchObject({ type: 'data' })
})
