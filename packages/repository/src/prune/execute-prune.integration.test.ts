import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join, relative } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { describe, expect, test } from 'vitest'
import { loadIndex } from '../engine/load-index.ts'
import { sha256 } from '../engine/sha256.ts'
import { goldenNames, goldenPassword, loadGolden } from '../golden/golden-repository.ts'
import { openRepository } from '../open/open-repository.ts'
import { repairIndex } from '../repair/repair-index.ts'
import type { Repository } from '../repository.ts'
import { createResticFixture, resticPrograms } from '../snapshot/restic-fixture.ts'
import { executePrune } from './execute-prune.ts'
import { planPrune } from './plan-prune.ts'
import type { PruneOptions } from './prune-options.ts'
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
} from './repository-fixture.ts'
import { listNames, listPacks } from './stored-files.ts'

const ctx = quietContext()
const tidy: PruneOptions = { maxUnused: { percent: 0 }, workers: 1 }

async function prune(repository: Repository, options = tidy): ReturnType<typeof executePrune> {
  return executePrune(repository, await planPrune(repository, options, ctx), ctx)
}

async function hashFiles(directory: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {}
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    hashes[relative(directory, path)] = sha256(await readFile(path))
  }
  return hashes
}

describe('a prune of an untidy repository', () => {
  test.each([1, 2] as const)('of version %i leaves what snapshots need, and nothing else', async (version) => {
    const repository = await makeUntidyRepository(version, ctx)
    const before = await readSnapshots(repository, ctx)
    const { figures, packsWritten } = await prune(repository)
    expect(figures.packs).toMatchObject({ unindexed: 1, remove: 2 })
    expect(packsWritten).toBe(2)
    expect(await readSnapshots(repository, ctx)).toEqual(before)
    expect(await checkErrors(repository, ctx)).toEqual([])
    const index = await loadIndex(repository, ctx)
    expect(new Set(index.packIds)).toEqual(new Set((await listPacks(repository, ctx)).keys()))
    const types = new Map<string, Set<boolean>>()
    for (let entry = 0; entry < index.size; entry++) {
      const { packId, isTree } = index.place(entry)
      types.set(packId, (types.get(packId) ?? new Set()).add(isTree))
    }
    expect([...types.values()].every((kinds) => kinds.size === 1)).toBe(true)
    const again = await planPrune(repository, tidy, ctx)
    expect(again.figures.bytes).toMatchObject({ removeTotal: 0, repack: 0, unused: 0, duplicate: 0 })
  })

  test('changes nothing while it is planned', async () => {
    const repository = await makeUntidyRepository(2, ctx)
    const writable = crashAfter(repository.backend, 0)
    await planPrune({ ...repository, backend: writable }, tidy, ctx)
    expect(writable.changes()).toBe(0)
  })

  test.each([1, 2] as const)(
    'of version %i, cut off after any change, loses nothing, and the next one finishes the work',
    async (version) => {
      const original = await makeUntidyRepository(version, ctx)
      const before = await readSnapshots(original, ctx)
      const tidied = { ...original, backend: await cloneBackend(original.backend, ctx) }
      await prune(tidied)
      const end = (await planPrune(tidied, tidy, ctx)).figures
      for (let changes = 0; ; changes++) {
        const disk = await cloneBackend(original.backend, ctx)
        const fragile = crashAfter(disk, changes)
        const outcome = await prune({ ...original, backend: fragile }).catch((error: unknown) => error)
        if (!(outcome instanceof Error)) {
          expect(changes).toBeGreaterThan(8)
          break
        }
        const survivor = { ...original, backend: disk }
        expect(await readSnapshots(survivor, ctx), `after ${changes} changes`).toEqual(before)
        expect(await checkErrors(survivor, ctx), `after ${changes} changes`).toEqual([])
        await prune(survivor)
        expect(await readSnapshots(survivor, ctx)).toEqual(before)
        expect((await planPrune(survivor, tidy, ctx)).figures).toMatchObject({
          packs: { repack: 0, remove: 0, unindexed: 0, missing: 0 },
          blobs: { total: end.blobs.total, unused: 0, duplicate: 0 },
        })
      }
    },
  )

  test('compresses uncompressed data on demand, once', async () => {
    const repository = await makeUntidyRepository(1, ctx)
    const migrated: Repository = { ...repository, config: { ...repository.config, version: 2 } }
    const before = await readSnapshots(migrated, ctx)
    await prune(migrated)
    const afterTrees = await loadIndex(migrated, ctx)
    for (let entry = 0; entry < afterTrees.size; entry++) {
      expect(afterTrees.rawLengthOf(entry) > 0).toBe(afterTrees.isTree(entry))
    }
    await prune(migrated, { ...tidy, repackUncompressed: true })
    const index = await loadIndex(migrated, ctx)
    for (let entry = 0; entry < index.size; entry++) expect(index.rawLengthOf(entry)).toBeGreaterThan(0)
    expect(await readSnapshots(migrated, ctx)).toEqual(before)
    const again = await planPrune(migrated, { ...tidy, repackUncompressed: true }, ctx)
    expect(again.figures.packs.repack).toBe(0)
  })

  test('frees space first and writes the index last when there is no space', async () => {
    const repository = await makeUntidyRepository(2, ctx)
    const before = await readSnapshots(repository, ctx)
    const { packsWritten } = await prune(repository, { ...tidy, unsafeRecoverNoFreeSpace: true })
    expect(packsWritten).toBe(0)
    expect(await readSnapshots(repository, ctx)).toEqual(before)
    expect(await checkErrors(repository, ctx)).toEqual([])
    expect(await listNames(repository, 'index', ctx)).toHaveLength(1)
  })
})

test('a prune without free space that is cut off is mended by repairing the index', async () => {
  const original = await makeUntidyRepository(2, ctx)
  const before = await readSnapshots(original, ctx)
  for (let changes = 0; ; changes++) {
    const disk = await cloneBackend(original.backend, ctx)
    const fragile = { ...original, backend: crashAfter(disk, changes) }
    const unsafe = { ...tidy, unsafeRecoverNoFreeSpace: true }
    const outcome = await prune(fragile, unsafe).catch((error: unknown) => error)
    const survivor = { ...original, backend: disk }
    await repairIndex(survivor, {}, ctx)
    expect(await readSnapshots(survivor, ctx), `after ${changes} changes`).toEqual(before)
    if (!(outcome instanceof Error)) break
    expect(changes).toBeLessThan(10)
  }
})

describe('a prune refuses, and changes nothing,', () => {
  test('when something was added since the plan', async () => {
    const repository = await makeUntidyRepository(2, ctx)
    const plan = await planPrune(repository, tidy, ctx)
    const pack = await storePack(repository, [dataOf(chunk('new'))], ctx)
    const packs = await listPacks(repository, ctx)
    await expect(executePrune(repository, plan, ctx)).rejects.toMatchObject({ code: 'PLAN_STALE' })
    await repository.backend.remove({ type: 'data', name: pack.id }, ctx)
    await storeIndex(repository, [pack], ctx)
    await expect(executePrune(repository, plan, ctx)).rejects.toMatchObject({ code: 'PLAN_STALE' })
    expect((await listPacks(repository, ctx)).size).toBe(packs.size - 1)
  })

  test('when a needed pack is missing or has a wrong size', async () => {
    const repository = await makeUntidyRepository(2, ctx)
    const index = await loadIndex(repository, ctx)
    const needed = index.locate(index.idOf(0))?.packId ?? ''
    const { backend } = repository
    const bytes = await backend.read({ type: 'data', name: needed }, undefined, ctx)
    await backend.remove({ type: 'data', name: needed }, ctx)
    await expect(planPrune(repository, tidy, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
    await backend.write({ type: 'data', name: needed }, bytes.subarray(1), { content: 'data' }, ctx)
    await expect(planPrune(repository, tidy, ctx)).rejects.toThrow(/bytes instead of/)
  })

  test('when a needed blob is in no index, or a directory cannot be read', async () => {
    const repository = await makeUntidyRepository(2, ctx)
    const names = await listNames(repository, 'index', ctx)
    const damaged = { ...repository, backend: await cloneBackend(repository.backend, ctx) }
    for (const name of names) await repository.backend.remove({ type: 'index', name }, ctx)
    await expect(planPrune(repository, tidy, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
    const index = await loadIndex(damaged, ctx)
    for (const [pack, id] of index.packIds.entries()) {
      const hasTree = Array.from({ length: index.size }, (_, e) => e).some(
        (e) => index.packOf(e) === pack && index.isTree(e),
      )
      if (!hasTree) continue
      const bytes = await damaged.backend.read({ type: 'data', name: id }, undefined, ctx)
      bytes[40] = (bytes[40] ?? 0) ^ 1
      await damaged.backend.remove({ type: 'data', name: id }, ctx)
      await damaged.backend.write({ type: 'data', name: id }, bytes, { content: 'data' }, ctx)
    }
    await expect(planPrune(damaged, tidy, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
  })

  test('when a blob to be rewritten is damaged in every copy', async () => {
    const repository = await makeUntidyRepository(2, ctx)
    const plan = await planPrune(repository, tidy, ctx)
    const index = plan.index
    const victim =
      [...plan.move].find((entry) => !index.isTree(entry) && index.locateAll(index.idOf(entry)).length === 1) ?? -1
    const { packId, offset } = index.place(victim)
    const bytes = await repository.backend.read({ type: 'data', name: packId }, undefined, ctx)
    bytes[offset + 20] = (bytes[offset + 20] ?? 0) ^ 1
    await repository.backend.remove({ type: 'data', name: packId }, ctx)
    await repository.backend.write({ type: 'data', name: packId }, bytes, { content: 'data' }, ctx)
    await expect(executePrune(repository, plan, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
    expect((await listPacks(repository, ctx)).has(packId)).toBe(true)
    expect(await checkErrors(repository, ctx)).toEqual([])
  })
})

describe.each(goldenNames)('the golden repository %s', (name) => {
  test('holds the same after a prune', async () => {
    const repository = await openRepository(await loadGolden(name, ctx), goldenPassword, {}, ctx)
    const before = await readSnapshots(repository, ctx)
    await prune(repository, { ...tidy, repackSmall: true })
    expect(await readSnapshots(repository, ctx)).toEqual(before)
    expect(await checkErrors(repository, ctx)).toEqual([])
  })
})

describe.each(resticPrograms())('with %s', (program) => {
  test('restic finds our prune sound and complete', async () => {
    await using fixture = await createResticFixture(ctx)
    const { repository, path } = fixture
    const source = join(path, '..', 'source')
    await mkdir(join(source, 'sub'), { recursive: true })
    for (let i = 0; i < 60; i++) await writeFile(join(source, 'sub', `file${i}`), chunk(`file ${i}`, 100))
    await writeFile(join(source, 'random'), randomBytes(7_000_000))
    await fixture.restic(program, ['backup', source])
    for (let i = 0; i < 40; i++) await rm(join(source, 'sub', `file${i}`))
    await writeFile(join(source, 'random2'), randomBytes(6_000_000))
    // a second store from the same state, whose packs then make duplicates of the first one's
    await cp(path, `${path}-twin`, { recursive: true })
    const twin = ['--repo', `${path}-twin`]
    await fixture.restic(program, ['backup', source, ...twin])
    await fixture.restic(program, ['backup', source])
    for (const folder of ['data', 'index'])
      await cp(join(`${path}-twin`, folder), join(path, folder), { recursive: true })
    const listed = await fixture.restic(program, ['forget', '--keep-last', '1'])
    expect(listed.exitCode, listed.stderr).toBe(0)
    const before = await readSnapshots(repository, ctx)
    const { figures } = await prune(repository, { maxUnused: { percent: 0 } })
    expect(figures.blobs.duplicate).toBeGreaterThan(5)
    expect(figures.blobs.unused).toBeGreaterThan(30)
    expect(await readSnapshots(repository, ctx)).toEqual(before)
    const checked = await fixture.restic(program, ['check', '--read-data'])
    expect(checked.exitCode, checked.stderr).toBe(0)
    const pruned = await fixture.restic(program, ['prune', '--max-unused', '0'])
    expect(pruned.stdout).toMatch(/to repack: +0 blobs/)
    expect(pruned.stdout).toMatch(/total prune: +0 blobs/)
    const target = join(path, '..', 'restored')
    const restored = await fixture.restic(program, ['restore', 'latest', '--target', target])
    expect(restored.exitCode, restored.stderr).toBe(0)
    expect(await hashFiles(join(target, source))).toEqual(await hashFiles(source))
  })
})
