/** What we make of a repository that restic wrote, and restic of it afterwards. */
import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { goldenNames, goldenPassword, loadGolden } from '@holdfast/repository/golden/golden-repository'
import { cheapenKey } from '@holdfast/repository/key/testing/cheapen-key'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { tagSnapshots } from '@holdfast/repository/snapshot/tag-snapshots'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeExoticTree, makeNastyTree } from '../scenario/nasty-tree.ts'
import { createScenarioRepository, reopen, scenarioPassword } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { readContents } from '../scenario/snapshot-content.ts'
import { backup, checkErrors, copy, forget, prune, restoreTo } from '../scenario/verbs.ts'
import { programs, type Restic, resticOn } from './restic.ts'

const ctx = quietContext()
const scratch = openScratch()
const nasty = scratch.place('nasty')
const exotic = scratch.place('exotic')
const besideSources = { workingDirectory: scratch.path }

beforeAll(() => {
  makeNastyTree(nasty)
  makeExoticTree(exotic)
})
afterAll(() => scratch[Symbol.dispose]())

async function initByRestic(program: string, version: 1 | 2): Promise<{ path: string; restic: Restic }> {
  const path = scratch.place('repository')
  const restic = resticOn(program, path)
  await restic(['init', '--repository-version', String(version)])
  await cheapenKey(path, scenarioPassword)
  return { path, restic }
}

describe.each(programs.flatMap((program) => [[program, 1] as const, [program, 2] as const]))(
  'a repository that %s made, of version %i',
  (program, version) => {
    test('is sound, restores as it was, and a backup of the same files adds nothing to it', async () => {
      const { path, restic } = await initByRestic(program, version)
      await restic(['backup', '--host', 'scenario', basename(nasty), basename(exotic)], besideSources)
      const repository = await reopen(createLocalBackend(path), ctx)
      expect(repository.config.version).toBe(version)
      expect(await checkErrors(repository, ctx)).toEqual([])
      const [listed] = await listSnapshots(repository, {}, ctx)
      const target = scratch.place('restored')
      const report = await restoreTo(repository, listed?.id ?? '', target, { verify: true }, ctx)
      expect(report.errors).toEqual([])
      expect(treeDifferences(listTree(nasty), listTree(join(target, basename(nasty))))).toEqual([])
      expect(treeDifferences(listTree(exotic), listTree(join(target, basename(exotic))))).toEqual([])
      const ours = await backup(repository, [nasty], { parent: { type: 'none' } }, ctx)
      // only the root differs, since it holds one source only
      expect(ours.repositories[0]).toMatchObject({ dataBlobs: 0, treeBlobs: 1 })
    })

    test('stays sound for restic after we backed up, tagged, forgot, pruned and copied', async () => {
      const { path, restic } = await initByRestic(program, version)
      const source = scratch.place('source')
      makeExoticTree(source)
      const trees: Map<string, string>[] = []
      const repository = await reopen(createLocalBackend(path), ctx)
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 12; i++) writeFileSync(join(source, `file-${round}-${i}`), `${round} ${i} `.repeat(20_000))
        appendFileSync(join(source, 'file-0-0'), `changed in round ${round}`)
        if (round === 3) rmSync(join(source, 'file-1-3'))
        const time = new Date(Date.UTC(2026, 0, 1 + round))
        const timeText = time.toISOString().replace('T', ' ').slice(0, 19)
        if (round % 2 === 0)
          await restic(['backup', '--host', 'scenario', '--time', timeText, basename(source)], besideSources)
        else await backup(repository, [source], { time }, ctx)
        trees.push(listTree(source))
      }
      const before = await listSnapshots(repository, {}, ctx)
      await tagSnapshots(repository, before.slice(0, 1), { set: ['first'] }, ctx)
      await forget(
        repository,
        before.slice(1, 3).map(({ id }) => id),
        ctx,
      )
      await prune(repository, ctx)
      expect(await restic(['check', '--read-data'])).toContain('no errors were found')
      const copyPath = scratch.place('copy')
      const copied = await createScenarioRepository(createLocalBackend(copyPath), ctx, { version })
      await copy(repository, copied, ctx)
      for (const own of [path, copyPath]) {
        const reader = resticOn(program, own)
        expect(await reader(['check', '--read-data'])).toContain('no errors were found')
        const listed = await listSnapshots(await reopen(createLocalBackend(own), ctx), {}, ctx)
        expect(listed.map(({ snapshot }) => snapshot.tags)).toEqual([['first'], []])
        for (const [at, { id }] of listed.entries()) {
          const target = scratch.place('restored')
          await reader(['restore', id, '--target', target])
          expect(treeDifferences(trees[at * 3] ?? new Map(), listTree(join(target, basename(source))))).toEqual([])
        }
      }
    })
  },
)

describe.each(programs)('a repository in which %s stored the same data twice', (program) => {
  test('keeps one copy when we prune it, and restic finds it whole', async () => {
    const { path, restic } = await initByRestic(program, 2)
    await restic(['backup', '--host', 'scenario', basename(nasty)], besideSources)
    const spare = scratch.place('spare')
    // without an index the second backup stores everything once more
    const aside = join(path, 'index')
    renameSync(aside, spare)
    mkdirSync(aside)
    await restic(['backup', '--host', 'scenario', '--force', basename(nasty)], besideSources)
    for (const name of readdirSync(spare)) renameSync(join(spare, name), join(aside, name))
    const repository = await reopen(createLocalBackend(path), ctx)
    expect(await checkErrors(repository, ctx)).toEqual([])
    const before = await readContents(repository, ctx)
    const report = await prune(repository, ctx)
    expect(report.figures.blobs.duplicate).toBeGreaterThan(300)
    expect(await readContents(repository, ctx)).toEqual(before)
    expect(await restic(['check', '--read-data'])).toContain('no errors were found')
    expect((await prune(repository, ctx)).figures.blobs.duplicate).toBe(0)
  })
})

describe.each(goldenNames)('the golden repository %s', (name) => {
  async function open(): Promise<Repository> {
    return openRepository(await loadGolden(name, ctx), goldenPassword, {}, ctx)
  }

  test('is sound, and holds the same after copies, backups, forgetting and pruning', async () => {
    const repository = await open()
    expect(await checkErrors(repository, ctx)).toEqual([])
    const before = await readContents(repository, ctx)
    expect(before.size).toBe(2)
    const copied = await createScenarioRepository(createMemoryBackend(), ctx)
    await copy(repository, copied, ctx)
    expect([...(await readContents(copied, ctx)).values()]).toEqual([...before.values()])
    const [first] = before.keys()
    await backup(repository, [exotic], {}, ctx)
    await forget(repository, [first ?? ''], ctx)
    await prune(repository, ctx)
    const after = await readContents(repository, ctx)
    for (const [id, content] of before) expect(after.get(id)).toBe(id === first ? undefined : content)
    expect(await checkErrors(repository, ctx)).toEqual([])
    expect(await checkErrors(copied, ctx)).toEqual([])
  })
})
