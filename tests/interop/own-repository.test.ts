/** What restic makes of a repository that we wrote, and we of it afterwards. */
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeExoticTree, makeNastyTree } from '../scenario/nasty-tree.ts'
import { createScenarioRepository, reopen } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { readContents } from '../scenario/snapshot-content.ts'
import { backup, checkErrors, restoreTo, snapshotIdOf } from '../scenario/verbs.ts'
import { listedTrees, programs, resticOn, summaryOf } from './restic.ts'

const ctx = quietContext()
const scratch = openScratch()
const nasty = scratch.place('nasty')
const exotic = scratch.place('exotic')

beforeAll(() => {
  makeNastyTree(nasty)
  makeExoticTree(exotic)
})
afterAll(() => scratch[Symbol.dispose]())

async function newRepository(version: 1 | 2): Promise<{ path: string; repository: Repository }> {
  const path = scratch.place('repository')
  return { path, repository: await createScenarioRepository(createLocalBackend(path), ctx, { version }) }
}

/** The process's own zone goes into trees, so restic must run in it too. */
const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone

describe.each(programs)('%s, given a repository of ours', (program) => {
  test.each([1, 2] as const)('of version %i, finds it sound and restores every entry as it was', async (version) => {
    const { path, repository } = await newRepository(version)
    const report = await backup(repository, [nasty, exotic], {}, ctx)
    expect(report.errors).toEqual([])
    const restic = resticOn(program, path)
    expect(await restic(['check', '--read-data'])).toContain('no errors were found')
    const target = scratch.place('restored')
    await restic(['restore', snapshotIdOf(report), '--target', target])
    expect(treeDifferences(listTree(nasty), listTree(join(target, basename(nasty))))).toEqual([])
    expect(treeDifferences(listTree(exotic), listTree(join(target, basename(exotic))))).toEqual([])
  })

  test.each([1, 2] as const)(
    'of version %i, adds no data and makes the same tree from the same files',
    async (version) => {
      const { path, repository } = await newRepository(version)
      const report = await backup(repository, [nasty], {}, ctx)
      const restic = resticOn(program, path)
      const output = await restic(['backup', '--json', '--force', '--host', 'scenario', basename(nasty)], {
        timeZone,
        workingDirectory: scratch.path,
      })
      expect(summaryOf(output)).toMatchObject({ data_blobs: 0, tree_blobs: 0 })
      expect(await listedTrees(restic)).toEqual([report.tree, report.tree])
    },
  )

  test('takes our snapshot as the parent of its own, and we its', async () => {
    const { path, repository } = await newRepository(2)
    const first = await backup(repository, [nasty], {}, ctx)
    const restic = resticOn(program, path)
    const theirs = summaryOf(
      await restic(['backup', '--json', '--host', 'scenario', basename(nasty)], {
        timeZone,
        workingDirectory: scratch.path,
      }),
    )
    expect(theirs.files_unmodified).toBe(first.filesTotal)
    const second = await backup(repository, [nasty], {}, ctx)
    expect(second).toMatchObject({ filesNew: 0, filesChanged: 0, filesUnmodified: first.filesTotal, tree: first.tree })
    expect(second.repositories[0]?.parentId?.startsWith(theirs.snapshot_id.slice(0, 8))).toBe(true)
  })

  test('forgets, prunes, tags and copies in it, and leaves to us what is left', async () => {
    const { path, repository } = await newRepository(2)
    const source = scratch.place('source')
    makeExoticTree(source)
    const trees: Map<string, string>[] = []
    const ids: string[] = []
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 12; i++) writeFileSync(join(source, `file-${round}-${i}`), `${round} ${i} `.repeat(20_000))
      appendFileSync(join(source, 'file-0-0'), `changed in round ${round}`)
      if (round === 2) rmSync(join(source, 'file-1-3'))
      const time = new Date(Date.UTC(2026, 0, 1 + round))
      ids.push(snapshotIdOf(await backup(repository, [source], { time }, ctx)))
      trees.push(listTree(source))
    }
    const restic = resticOn(program, path)
    await restic(['forget', '--prune', '--max-unused', '0', ids[1] ?? ''])
    await restic(['tag', '--add', 'kept', ids[2] ?? ''])
    const copyPath = scratch.place('copy')
    const copied = await createScenarioRepository(createLocalBackend(copyPath), ctx)
    await resticOn(program, copyPath)(['copy', '--from-repo', path])
    for (const { backend } of [repository, copied]) {
      const again = await reopen(backend, ctx)
      expect(await checkErrors(again, ctx)).toEqual([])
      const listed = await listSnapshots(again, {}, ctx)
      expect(listed.map(({ snapshot }) => snapshot.tags)).toEqual([[], ['kept']])
      for (const [at, { id }] of listed.entries()) {
        const target = scratch.place('restored')
        expect((await restoreTo(again, id, target, {}, ctx)).errors).toEqual([])
        expect(treeDifferences(trees[at * 2] ?? new Map(), listTree(join(target, basename(source))))).toEqual([])
      }
    }
    expect([...(await readContents(copied, ctx)).values()]).toEqual([...(await readContents(repository, ctx)).values()])
  })
})
