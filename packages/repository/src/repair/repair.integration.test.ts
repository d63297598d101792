import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { describe, expect, test } from 'vitest'
import { loadIndex } from '../engine/load-index.ts'
import { sha256 } from '../engine/sha256.ts'
import { copySnapshots } from '../copy/copy-snapshots.ts'
import { executePrune } from '../prune/execute-prune.ts'
import { planPrune } from '../prune/plan-prune.ts'
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
import { listNames, listPacks } from '../prune/stored-files.ts'
import type { Repository } from '../repository.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { createResticFixture, resticPrograms } from '../snapshot/restic-fixture.ts'
import { exampleRepository, storeSnapshot } from '../snapshot/snapshot-fixture.ts'
import { healPacks } from './heal-packs.ts'
import { repairIndex } from './repair-index.ts'
import { repairPacks } from './repair-packs.ts'
import { repairSnapshots } from './repair-snapshots.ts'

const ctx = quietContext()

/** Pruned, so that every blob lies in one pack and every pack is needed. */
async function makeTidyRepository(): Promise<Repository> {
  const repository = await makeUntidyRepository(2, ctx)
  await executePrune(repository, await planPrune(repository, { maxUnused: { percent: 0 }, workers: 1 }, ctx), ctx)
  return repository
}

async function makeSibling(repository: Repository): Promise<Repository> {
  const sibling = exampleRepository()
  const snapshots = await listSnapshots(repository, {}, ctx)
  await copySnapshots(repository, sibling, snapshots, { compression: 'max', recompress: true, workers: 1 }, ctx)
  return sibling
}

async function packOf(repository: Repository, content: Buffer): Promise<{ packId: string; offset: number }> {
  const place = (await loadIndex(repository, ctx)).locate(sha256(content))
  if (place === undefined) throw new Error('the blob is there')
  return place
}

async function packOfRoot(repository: Repository, snapshot: number): Promise<{ packId: string; offset: number }> {
  const tree = (await listSnapshots(repository, {}, ctx))[snapshot]?.snapshot.tree ?? ''
  const place = (await loadIndex(repository, ctx)).locate(tree)
  if (place === undefined) throw new Error('the tree is there')
  return place
}

async function alter(backend: Backend, packId: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  const file = { type: 'data', name: packId } as const
  const bytes = await backend.read(file, undefined, ctx)
  await backend.remove(file, ctx)
  await backend.write(file, change(bytes), { content: 'data' }, ctx)
}

function flip(at: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => bytes.with(at < 0 ? bytes.length + at : at, (bytes.at(at) ?? 0) ^ 1)
}

describe('repairing the index', () => {
  test('leaves a sound one alone', async () => {
    const repository = await makeTidyRepository()
    const backend = crashAfter(repository.backend, 0)
    const report = await repairIndex({ ...repository, backend }, {}, ctx)
    expect(report).toMatchObject({ packsRead: 0, missingPacks: [], indexesWritten: 0 })
    expect(backend.changes()).toBe(0)
  })

  test.each([false, true])(
    'brings back all that deleted or damaged index files named (all packs: %s)',
    async (readAllPacks) => {
      const repository = await makeUntidyRepository(2, ctx)
      const before = await readSnapshots(repository, ctx)
      const [first = '', second = ''] = await listNames(repository, 'index', ctx)
      await repository.backend.remove({ type: 'index', name: first }, ctx)
      const bytes = await repository.backend.read({ type: 'index', name: second }, undefined, ctx)
      await repository.backend.remove({ type: 'index', name: second }, ctx)
      await repository.backend.write({ type: 'index', name: second }, flip(30)(bytes), { content: 'metadata' }, ctx)
      const report = await repairIndex(repository, { readAllPacks }, ctx)
      expect(report.damagedIndexes).toEqual(readAllPacks ? [] : [second])
      expect(report.packsRead).toBe((await listPacks(repository, ctx)).size)
      expect(await readSnapshots(repository, ctx)).toEqual(before)
      expect(await checkErrors(repository, ctx)).toEqual([])
    },
  )

  test('drops missing packs, reports those with a damaged header, and only reports in a dry run', async () => {
    const repository = await makeTidyRepository()
    const { packId: missing } = await packOf(repository, chunk('chunk 19'))
    const { packId: headless } = await packOf(repository, chunk('chunk 9'))
    expect(headless).not.toBe(missing)
    await repository.backend.remove({ type: 'data', name: missing }, ctx)
    await alter(repository.backend, headless, (bytes) => bytes.subarray(0, bytes.length - 7))
    const backend = crashAfter(repository.backend, 0)
    const planned = await repairIndex({ ...repository, backend }, { dryRun: true }, ctx)
    expect(planned).toMatchObject({ missingPacks: [missing], unreadablePacks: [{ id: headless }] })
    expect(await repairIndex(repository, {}, ctx)).toMatchObject({ missingPacks: [missing], indexesWritten: 1 })
    const { packIds } = await loadIndex(repository, ctx)
    expect(packIds).not.toContain(missing)
    expect(packIds).not.toContain(headless)
    expect(await listPacks(repository, ctx)).toHaveProperty('size', packIds.length + 1)
  })

  test('corrects what the index says wrongly of a pack, and joins what two files say of it', async () => {
    const repository = await makeTidyRepository()
    const [name = ''] = await listNames(repository, 'index', ctx)
    const index = await loadIndex(repository, ctx)
    const blobs = Array.from({ length: index.size }, (_, entry) => ({
      ...index.place(entry),
      id: index.idOf(entry),
      type: index.isTree(entry) ? ('tree' as const) : ('data' as const),
    }))
    const part = (from: number, step: number): { id: string; blobs: typeof blobs }[] =>
      index.packIds.map((id) => ({
        id,
        blobs: blobs.filter((b) => b.packId === id).filter((_, i) => i % step === from),
      }))
    await storeIndex(repository, part(0, 2), ctx)
    await storeIndex(repository, part(1, 2), ctx)
    await repository.backend.remove({ type: 'index', name }, ctx)
    const report = await repairIndex(repository, {}, ctx)
    expect(report.packsRead).toBe(index.packIds.length)
    expect(await checkErrors(repository, ctx)).toEqual([])
    expect((await loadIndex(repository, ctx)).size).toBe(index.size)
  })

  test('cut off after any change can be done again', async () => {
    const original = await makeUntidyRepository(2, ctx)
    const before = await readSnapshots(original, ctx)
    const [first = ''] = await listNames(original, 'index', ctx)
    await original.backend.remove({ type: 'index', name: first }, ctx)
    for (let changes = 0; ; changes++) {
      const disk = await cloneBackend(original.backend, ctx)
      const fragile = { ...original, backend: crashAfter(disk, changes) }
      const outcome = await repairIndex(fragile, {}, ctx).catch((error: unknown) => error)
      const survivor = { ...original, backend: disk }
      if (outcome instanceof Error) await repairIndex(survivor, {}, ctx)
      expect(await readSnapshots(survivor, ctx)).toEqual(before)
      if (!(outcome instanceof Error)) break
      expect(changes).toBeLessThan(10)
    }
  })
})

describe('repairing packs', () => {
  test('saves what is readable, keeps a copy of the file, and says what is lost', async () => {
    const repository = await makeTidyRepository()
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-repair-'))
    try {
      const { packId, offset } = await packOf(repository, chunk('chunk 9'))
      await alter(repository.backend, packId, flip(offset + 20))
      const damaged = Buffer.from(await repository.backend.read({ type: 'data', name: packId }, undefined, ctx))
      const writable = crashAfter(repository.backend, 0)
      const planned = await repairPacks({ ...repository, backend: writable }, [packId], { dryRun: true }, ctx)
      expect(planned.packs).toEqual([packId])
      const report = await repairPacks(repository, [packId], { copyDirectory: directory }, ctx)
      expect(report.lost).toMatchObject([{ id: sha256(chunk('chunk 9')), type: 'data', packId }])
      expect(report.blobsSaved).toBe(planned.blobsSaved - 1)
      expect(report.copies).toEqual([join(directory, `pack-${packId}`)])
      expect((await readFile(join(directory, `pack-${packId}`))).equals(damaged)).toBe(true)
      expect((await listPacks(repository, ctx)).has(packId)).toBe(false)
      expect(await checkErrors(repository, ctx)).toEqual([`blob-missing ${sha256(chunk('chunk 9'))}`])
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('refuses a pack that nobody knows', async () => {
    const repository = await makeTidyRepository()
    await expect(repairPacks(repository, ['a'.repeat(64)], {}, ctx)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('repairing snapshots', () => {
  async function makeBroken(): Promise<{ repository: Repository; before: Awaited<ReturnType<typeof readSnapshots>> }> {
    const repository = await makeTidyRepository()
    const before = await readSnapshots(repository, ctx)
    const { packId, offset } = await packOf(repository, chunk('chunk 7'))
    await alter(repository.backend, packId, flip(offset + 20))
    await repairPacks(repository, [packId], {}, ctx)
    return { repository, before }
  }

  test('leaves sound ones alone', async () => {
    const repository = await makeTidyRepository()
    const backend = crashAfter(repository.backend, 0)
    const snapshots = await listSnapshots(repository, {}, ctx)
    const report = await repairSnapshots({ ...repository, backend }, snapshots, { forget: true }, ctx)
    expect(report).toEqual({ snapshots: [], sound: 2, treesWritten: 0 })
  })

  test('removes lost content from files and marks the new snapshot, keeping the old one', async () => {
    const { repository, before } = await makeBroken()
    const snapshots = await listSnapshots(repository, {}, ctx)
    const planned = await repairSnapshots(repository, snapshots, { dryRun: true }, ctx)
    expect(await listNames(repository, 'snapshot', ctx)).toHaveLength(2)
    const report = await repairSnapshots(repository, snapshots, {}, ctx)
    expect(report.snapshots.map(({ mendings }) => mendings)).toEqual([[{ path: '/a', change: 'content-removed' }]])
    expect(planned.snapshots.map(({ mendings }) => mendings)).toEqual(report.snapshots.map(({ mendings }) => mendings))
    const [mended] = report.snapshots
    const found = (await listSnapshots(repository, {}, ctx)).find(({ id }) => id === mended?.newId)
    expect(found?.snapshot).toMatchObject({ tags: ['repaired'], original: mended?.id })
    await repository.backend.remove({ type: 'snapshot', name: mended?.id ?? '' }, ctx)
    const after = await readSnapshots(repository, ctx)
    const [time = ''] = Object.keys(before)
    expect(after[time]?.['/a']).toBe(sha256(Buffer.concat([6, 8, 9].map((i) => chunk(`chunk ${i}`)))))
    expect({ ...after[time], '/a': '' }).toEqual({ ...before[time], '/a': '' })
    expect(await checkErrors(repository, ctx)).toEqual([])
  })

  test('does not take an unusual layout of a directory for damage', async () => {
    const repository = exampleRepository()
    const [kept, lost] = [chunk('kept'), chunk('lost')]
    const compact = treeOf({ kept: [kept], lost: [lost] }).content.toString()
    const spacious = Buffer.from(compact.replace('{"nodes":[', '{ "nodes" : [ '))
    const pack = await storePack(repository, [dataOf(kept), { type: 'tree', content: spacious }], ctx)
    await storeIndex(repository, [pack], ctx)
    await storeSnapshot(repository, { tree: sha256(spacious) }, ctx)
    await repairSnapshots(repository, await listSnapshots(repository, {}, ctx), { forget: true }, ctx)
    const [files] = Object.values(await readSnapshots(repository, ctx))
    expect(files).toEqual({ '/kept': sha256(kept), '/lost': sha256(Buffer.alloc(0)) })
  })

  test('made again adds nothing', async () => {
    const { repository } = await makeBroken()
    const snapshots = await listSnapshots(repository, {}, ctx)
    const first = await repairSnapshots(repository, snapshots, {}, ctx)
    const second = await repairSnapshots(repository, snapshots, {}, ctx)
    expect(second.snapshots[0]?.newId).toBe(first.snapshots[0]?.newId)
    expect(second.treesWritten).toBe(0)
  })

  test('empties directories that cannot be read, and removes what was replaced when asked to', async () => {
    const repository = await makeTidyRepository()
    const index = await loadIndex(repository, ctx)
    const roots = new Set((await listSnapshots(repository, {}, ctx)).map(({ snapshot }) => snapshot.tree))
    const lower = Array.from({ length: index.size }, (_, entry) => entry).find(
      (entry) => index.isTree(entry) && !roots.has(index.idOf(entry)),
    )
    const { packId, offset } = index.place(lower ?? -1)
    await alter(repository.backend, packId, flip(offset + 20))
    const snapshots = await listSnapshots(repository, {}, ctx)
    const report = await repairSnapshots(repository, snapshots, { forget: true }, ctx)
    expect(report.snapshots.map(({ outcome, removed }) => [outcome, removed])).toEqual([
      ['mended', true],
      ['mended', true],
    ])
    const after = await readSnapshots(repository, ctx)
    expect(Object.values(after).map((files) => Object.keys(files))).toEqual([['/a'], ['/a', '/large']])
    const listed = await listSnapshots(repository, {}, ctx)
    expect(listed.map(({ snapshot }) => snapshot.tags)).toEqual([[], []])
    expect(listed.map(({ snapshot }) => snapshot.original)).toEqual(snapshots.map(({ id }) => id))
  })

  test('removes a snapshot without a readable root only when asked to', async () => {
    const repository = await makeTidyRepository()
    const { packId, offset } = await packOfRoot(repository, 1)
    await alter(repository.backend, packId, flip(offset + 20))
    const snapshots = await listSnapshots(repository, {}, ctx)
    const kept = await repairSnapshots(repository, snapshots, {}, ctx)
    expect(kept.snapshots).toMatchObject([{ id: snapshots[1]?.id, outcome: 'unreadable', removed: false }])
    expect(await listNames(repository, 'snapshot', ctx)).toHaveLength(2)
    await repairSnapshots(repository, snapshots, { forget: true }, ctx)
    expect(await listNames(repository, 'snapshot', ctx)).toEqual([snapshots[0]?.id])
  })
})

describe.each(resticPrograms())('with %s', (program) => {
  test('restic checks what was healed and repaired on a disk', async () => {
    await using fixture = await createResticFixture(ctx)
    await using sibling = await createResticFixture(ctx)
    const source = join(fixture.path, '..', 'source')
    await mkdir(source)
    for (let i = 0; i < 20; i++) await writeFile(join(source, `file${i}`), chunk(`file ${i}`, 100))
    // the same blobs in other packs, sealed with another key
    await fixture.restic(program, ['backup', source])
    await sibling.restic(program, ['backup', source])
    expect(sibling.repository.key.encrypt.equals(fixture.repository.key.encrypt)).toBe(false)
    const before = await readSnapshots(fixture.repository, ctx)
    const { packId, offset } = await packOf(fixture.repository, chunk('file 7', 100))
    await alter(fixture.repository.backend, packId, flip(offset + 40))
    expect((await fixture.restic(program, ['check', '--read-data'])).exitCode).not.toBe(0)
    const report = await healPacks(fixture.repository, sibling.repository, 'all-damaged', {}, ctx)
    expect(report).toMatchObject({ damaged: [packId], healed: [packId], blobsHealed: 1, lost: [] })
    expect((await fixture.restic(program, ['check', '--read-data'])).exitCode).toBe(0)
    for (const name of await listNames(fixture.repository, 'index', ctx)) {
      await fixture.repository.backend.remove({ type: 'index', name }, ctx)
    }
    await repairIndex(fixture.repository, {}, ctx)
    expect((await fixture.restic(program, ['check', '--read-data'])).exitCode).toBe(0)
    expect(await readSnapshots(fixture.repository, ctx)).toEqual(before)
    const lost = await packOf(fixture.repository, chunk('file 3', 100))
    await alter(fixture.repository.backend, lost.packId, flip(lost.offset + 40))
    await repairPacks(fixture.repository, [lost.packId], {}, ctx)
    const snapshots = await listSnapshots(fixture.repository, {}, ctx)
    await repairSnapshots(fixture.repository, snapshots, { forget: true }, ctx)
    const checked = await fixture.restic(program, ['check', '--read-data'])
    expect(checked.exitCode, checked.stderr).toBe(0)
    // a backup of the same files stores what was lost again
    await fixture.restic(program, ['backup', '--force', source])
    const [, newest] = Object.values(await readSnapshots(fixture.repository, ctx))
    expect(newest).toEqual(Object.values(before)[0])
  })
})

describe('healing from a sibling', () => {
  async function makeDamaged(): Promise<{
    repository: Repository
    sibling: Repository
    damaged: readonly string[]
    before: Awaited<ReturnType<typeof readSnapshots>>
  }> {
    const repository = await makeTidyRepository()
    const before = await readSnapshots(repository, ctx)
    const sibling = await makeSibling(repository)
    const { packId: missing } = await packOf(repository, chunk('chunk 19'))
    const altered = await packOf(repository, chunk('chunk 3'))
    const tree = await packOfRoot(repository, 0)
    expect(new Set([missing, altered.packId, tree.packId]).size).toBe(3)
    await repository.backend.remove({ type: 'data', name: missing }, ctx)
    await alter(repository.backend, altered.packId, flip(altered.offset + 20))
    await alter(repository.backend, tree.packId, flip(-1))
    return { repository, sibling, before, damaged: [missing, altered.packId, tree.packId] }
  }

  test('replaces damaged and missing packs, taking only what is not readable here', async () => {
    const { repository, sibling, before, damaged } = await makeDamaged()
    const writable = crashAfter(repository.backend, 0)
    const planned = await healPacks({ ...repository, backend: writable }, sibling, 'all-damaged', { dryRun: true }, ctx)
    expect(planned.damaged.toSorted()).toEqual(damaged.toSorted())
    const report = await healPacks(repository, sibling, 'all-damaged', { workers: 1 }, ctx)
    expect(report.damaged.toSorted()).toEqual(damaged.toSorted())
    expect(report.healed.toSorted()).toEqual(damaged.toSorted())
    expect(report.lost).toEqual([])
    expect(report.blobsSaved).toBeGreaterThan(5)
    expect(await readSnapshots(repository, ctx)).toEqual(before)
    expect(await checkErrors(repository, ctx)).toEqual([])
    for (const id of damaged) expect((await listPacks(repository, ctx)).has(id)).toBe(false)
    const again = await healPacks(repository, sibling, 'all-damaged', { workers: 1 }, ctx)
    expect(again).toMatchObject({ damaged: [], packsWritten: 0 })
  })

  test('cut off after any change loses nothing that was there, and the next one finishes', async () => {
    const { repository, sibling, before, damaged } = await makeDamaged()
    for (let changes = 0; ; changes++) {
      const disk = await cloneBackend(repository.backend, ctx)
      const fragile = { ...repository, backend: crashAfter(disk, changes) }
      const outcome = await healPacks(fragile, sibling, damaged, {}, ctx).catch((error: unknown) => error)
      const survivor = { ...repository, backend: disk }
      if (outcome instanceof Error) await healPacks(survivor, sibling, 'all-damaged', { workers: 1 }, ctx)
      expect(await readSnapshots(survivor, ctx), `after ${changes} changes`).toEqual(before)
      expect(await checkErrors(survivor, ctx)).toEqual([])
      if (!(outcome instanceof Error)) break
      expect(changes).toBeLessThan(20)
    }
  })

  test('leaves the file of a pack with what neither has, and a prune does not take it for sound', async () => {
    const { repository, damaged } = await makeDamaged()
    const empty = exampleRepository()
    const [, altered = ''] = damaged
    const report = await healPacks(repository, empty, [altered], {}, ctx)
    expect(report.healed).toEqual([])
    expect(report.lost[0]).toMatchObject({ id: sha256(chunk('chunk 3')), type: 'data', packId: altered })
    expect((await listPacks(repository, ctx)).has(altered)).toBe(true)
    await expect(planPrune(repository, { maxUnused: 'unlimited' }, ctx)).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
    })
  })

  test('brings back blobs that no index names any more, below lost directories too', async () => {
    const repository = await makeTidyRepository()
    const before = await readSnapshots(repository, ctx)
    const sibling = await makeSibling(repository)
    for (const id of (await listPacks(repository, ctx)).keys())
      await repository.backend.remove({ type: 'data', name: id }, ctx)
    await repairIndex(repository, {}, ctx)
    expect((await loadIndex(repository, ctx)).size).toBe(0)
    const report = await healPacks(repository, sibling, 'all-damaged', { workers: 1 }, ctx)
    expect(report.lost).toEqual([])
    expect(await readSnapshots(repository, ctx)).toEqual(before)
    expect(await checkErrors(repository, ctx)).toEqual([])
  })
})
