import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { describe, expect, test } from 'vitest'
import { loadIndex } from '../engine/load-index.ts'
import { sha256 } from '../engine/sha256.ts'
import { goldenNames, goldenPassword, loadGolden } from '../golden/golden-repository.ts'
import { openRepository } from '../open/open-repository.ts'
import {
  checkErrors,
  chunk,
  cloneBackend,
  crashAfter,
  dataOf,
  makeUntidyRepository,
  readSnapshots,
  storeIndex,
  storePack,
  treeOf,
} from '../prune/repository-fixture.ts'
import { listNames } from '../prune/stored-files.ts'
import type { Repository } from '../repository.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { createResticFixture, resticPrograms } from '../snapshot/restic-fixture.ts'
import { exampleRepository, storeSnapshot } from '../snapshot/snapshot-fixture.ts'
import { type CopyOptions, type CopyReport, copySnapshots } from './copy-snapshots.ts'

const ctx = quietContext()
const options: CopyOptions = { compression: 'auto', workers: 1 }

function emptyRepository(version: 1 | 2): Repository {
  const repository = exampleRepository()
  return { ...repository, config: { ...repository.config, version } }
}

async function copyAll(
  source: Repository,
  destination: Repository,
  more: Partial<CopyOptions> = {},
): Promise<CopyReport> {
  return copySnapshots(source, destination, await listSnapshots(source, {}, ctx), { ...options, ...more }, ctx)
}

describe('a copy', () => {
  test.each([
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
  ] as const)('from version %i to version %i holds the same, stored as the destination stores', async (from, to) => {
    const source = await makeUntidyRepository(from, ctx)
    const destination = emptyRepository(to)
    const report = await copyAll(source, destination)
    expect(report.snapshots.map(({ outcome }) => outcome)).toEqual(['copied', 'copied'])
    expect(await readSnapshots(destination, ctx)).toEqual(await readSnapshots(source, ctx))
    expect(await checkErrors(destination, ctx)).toEqual([])
    const index = await loadIndex(destination, ctx)
    expect(index.size).toBe(report.blobs)
    for (let entry = 0; entry < index.size; entry++) expect(index.rawLengthOf(entry) > 0).toBe(to === 2)
  })

  test('made again copies nothing, even when the first copy is copied back', async () => {
    const source = await makeUntidyRepository(2, ctx)
    const destination = emptyRepository(2)
    await copyAll(source, destination)
    const again = await copyAll(source, destination)
    expect(again).toMatchObject({ blobs: 0, packsWritten: 0 })
    expect(again.snapshots.map(({ outcome }) => outcome)).toEqual(['present', 'present'])
    const back = await copyAll(destination, source)
    expect(back.snapshots.map(({ outcome }) => outcome)).toEqual(['present', 'present'])
  })

  test('names the first version and not the parent', async () => {
    const source = await makeUntidyRepository(2, ctx)
    const [first] = await listSnapshots(source, {}, ctx)
    if (first === undefined) throw new Error('there is a snapshot')
    await storeSnapshot(source, { ...first.snapshot, parent: first.id, time: '2026-11-22T00:00:00Z' }, ctx)
    const destination = emptyRepository(2)
    const report = await copyAll(source, destination)
    for (const { snapshot } of await listSnapshots(destination, {}, ctx)) {
      expect(snapshot.parent).toBeUndefined()
      expect(report.snapshots.map(({ sourceId }) => sourceId)).toContain(snapshot.original)
    }
  })

  test('sends what the destination lacks only', async () => {
    const source = await makeUntidyRepository(2, ctx)
    const destination = emptyRepository(2)
    const [first, second] = await listSnapshots(source, {}, ctx)
    if (first === undefined || second === undefined) throw new Error('there are two snapshots')
    const before = await copySnapshots(source, destination, [first], options, ctx)
    const after = await copySnapshots(source, destination, [first, second], options, ctx)
    const whole = await copyAll(source, emptyRepository(2))
    expect(before.blobs + after.blobs).toBe(whole.blobs)
    expect(after.blobs).toBeLessThan(before.blobs + 5)
  })

  test('writes nothing in a dry run', async () => {
    const source = await makeUntidyRepository(2, ctx)
    const destination = emptyRepository(2)
    const backend = crashAfter(destination.backend, 0)
    const report = await copyAll(source, { ...destination, backend }, { dryRun: true })
    expect(report.snapshots.map(({ outcome }) => outcome)).toEqual(['planned', 'planned'])
    expect(report.blobs).toBeGreaterThan(20)
    expect(backend.changes()).toBe(0)
  })

  test('keeps tree bytes that another program wrote, unknown keys included', async () => {
    const source = emptyRepository(2)
    const tree = Buffer.from('{"nodes":[],"extra":{"kept":true}}\n')
    await storeIndex(source, [await storePack(source, [{ type: 'tree', content: tree }], ctx)], ctx)
    await storeSnapshot(source, { tree: sha256(tree) }, ctx)
    const destination = emptyRepository(2)
    await copyAll(source, destination)
    expect((await loadIndex(destination, ctx)).find(sha256(tree))).toBeGreaterThanOrEqual(0)
  })

  test('stores a directory too large for the threads', async () => {
    const source = emptyRepository(2)
    const tree = treeOf(
      Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`file number ${i}`, [chunk(`${i % 3}`)]])),
    )
    expect(tree.content.length).toBeGreaterThan(8_500_000)
    const packs = [
      await storePack(source, [tree], ctx),
      await storePack(
        source,
        [0, 1, 2].map((i) => dataOf(chunk(`${i}`))),
        ctx,
      ),
    ]
    await storeIndex(source, packs, ctx)
    await storeSnapshot(source, { tree: sha256(tree.content) }, ctx)
    const destination = emptyRepository(2)
    const report = await copyAll(source, destination)
    expect(report.snapshots.map(({ outcome }) => outcome)).toEqual(['copied'])
    expect(await checkErrors(destination, ctx)).toEqual([])
  })

  test('cut off after any change leaves whole snapshots only, and goes on where it was', async () => {
    const source = await makeUntidyRepository(2, ctx)
    const before = await readSnapshots(source, ctx)
    const empty = emptyRepository(2)
    for (let changes = 0; ; changes++) {
      const disk = await cloneBackend(empty.backend, ctx)
      const fragile = { ...empty, backend: crashAfter(disk, changes) }
      const outcome = await copyAll(source, fragile).catch((error: unknown) => error)
      if (!(outcome instanceof Error)) {
        expect(changes).toBeGreaterThan(4)
        break
      }
      const survivor = { ...empty, backend: disk }
      expect(await checkErrors(survivor, ctx), `after ${changes} changes`).toEqual([])
      expect(before).toMatchObject(await readSnapshots(survivor, ctx))
      await copyAll(source, survivor)
      expect(await readSnapshots(survivor, ctx)).toEqual(before)
      expect(await listNames(survivor, 'snapshot', ctx)).toHaveLength(2)
    }
  })
})

describe.each(goldenNames)('the golden repository %s', (name) => {
  test('is copied into either version', async () => {
    const source = await openRepository(await loadGolden(name, ctx), goldenPassword, {}, ctx)
    const before = await readSnapshots(source, ctx)
    for (const version of [1, 2] as const) {
      const destination = emptyRepository(version)
      await copyAll(source, destination)
      expect(await readSnapshots(destination, ctx)).toEqual(before)
      expect(await checkErrors(destination, ctx)).toEqual([])
    }
  })
})

describe('what cannot be read', () => {
  test('fails the snapshots that need it, and no others', async () => {
    const source = await makeUntidyRepository(2, ctx)
    const index = await loadIndex(source, ctx)
    // the last chunk of the file that only the newer snapshot has
    const place = index.locate(sha256(chunk('chunk 19')))
    if (place === undefined) throw new Error('the chunk is there')
    const { backend } = source
    const bytes = await backend.read({ type: 'data', name: place.packId }, undefined, ctx)
    bytes[place.offset + 20] = (bytes[place.offset + 20] ?? 0) ^ 1
    await backend.remove({ type: 'data', name: place.packId }, ctx)
    await backend.write({ type: 'data', name: place.packId }, bytes, { content: 'data' }, ctx)
    const [, second] = await listSnapshots(source, {}, ctx)
    if (second === undefined) throw new Error('there are two snapshots')
    // later ones that need it must not slip through because it was looked at before
    await storeSnapshot(source, { ...second.snapshot, time: '2026-11-25T00:00:00Z' }, ctx)
    const destination = emptyRepository(2)
    const report = await copyAll(source, destination)
    expect(report.snapshots.map(({ outcome }) => outcome)).toEqual(['copied', 'failed', 'failed'])
    expect(report.snapshots[1]?.reason).toContain(sha256(chunk('chunk 19')))
    expect(await listNames(destination, 'snapshot', ctx)).toHaveLength(1)
    expect(await checkErrors(destination, ctx)).toEqual([])
  })
})

describe.each(resticPrograms())('with %s', (program) => {
  test('restic checks, restores and extends a copy of its own repository', async () => {
    await using origin = await createResticFixture(ctx)
    await using target = await createResticFixture(ctx)
    const directory = join(origin.path, '..', 'source')
    await mkdir(join(directory, 'sub'), { recursive: true })
    for (let i = 0; i < 30; i++) await writeFile(join(directory, 'sub', `file${i}`), chunk(`file ${i}`, 100))
    await origin.restic(program, ['backup', directory, '--tag', 'kept'])
    await writeFile(join(directory, 'sub', 'later'), chunk('later'))
    await origin.restic(program, ['backup', directory])
    const report = await copyAll(origin.repository, target.repository, { workers: 2 })
    expect(report.snapshots.map(({ outcome }) => outcome)).toEqual(['copied', 'copied'])
    const checked = await target.restic(program, ['check', '--read-data'])
    expect(checked.exitCode, checked.stderr).toBe(0)
    expect(await readSnapshots(target.repository, ctx)).toEqual(await readSnapshots(origin.repository, ctx))
    const backedUp = await target.restic(program, ['backup', '--json', directory])
    expect(backedUp.stdout).toMatch(/"data_blobs":0/)
  })
})
