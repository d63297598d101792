/** Directories so large that several workers read or restore one: the tree, and what is known of it, stay the same. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { setXattr } from '@holdfast/repository/native/xattr'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, describe, expect, test } from 'vitest'
import { createScenarioRepository } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { backup, checkErrors, restoreTo, snapshotIdOf } from '../scenario/verbs.ts'
import { listedTrees, programs, resticOn } from './restic.ts'

const ctx = quietContext()
const scratch = openScratch()
const entries = 6000

afterAll(() => scratch[Symbol.dispose]())

/** Names that begin with everything from a quote to bytes that are not UTF-8, so that batches begin with such names too. */
function entryName(number: number): Buffer {
  const beginnings = ['"', '\\', 'a', 'ä', '\u200b', '\u{1f600}'].map((text) => Buffer.from(text))
  const beginning = [...beginnings, Buffer.from([0xff]), Buffer.from('\n')][number % 8] ?? Buffer.alloc(0)
  return Buffer.concat([beginning, Buffer.from(`${number}`)])
}

function entryPath(source: string, number: number): Buffer {
  return Buffer.concat([Buffer.from(`${source}/`), entryName(number)])
}

function makeLargeDirectory(): string {
  const source = scratch.place('large')
  mkdirSync(source)
  for (let number = 0; number < entries; number++) {
    const path = entryPath(source, number)
    if (number % 1000 === 3) {
      mkdirSync(path)
      writeFileSync(Buffer.concat([path, Buffer.from('/below')]), `${number}`)
    } else if (number % 500 === 4) symlinkSync('nowhere', path)
    else writeFileSync(path, `content ${number % 4000}`)
  }
  writeFileSync(join(source, 'large file'), Buffer.alloc(9_000_000, 'content'))
  for (let number = 40; number < 60; number++) setXattr(entryPath(source, number), 'user.name', Buffer.from('value'))
  return source
}

describe('a directory that several workers share', () => {
  test('is known again, change by change, and comes back as it was', async () => {
    const source = makeLargeDirectory()
    const repository = await createScenarioRepository(createLocalBackend(scratch.place('repository')), ctx)
    const first = await backup(repository, [source], { workers: 3 }, ctx)
    // of every thousand entries one is a directory with a file in it, and two are links
    const files = entries - 12 + 1
    expect(first).toMatchObject({ filesNew: files, filesUnmodified: 0, errors: [] })
    const second = await backup(repository, [source], { workers: 2 }, ctx)
    expect(second).toMatchObject({ filesNew: 0, filesChanged: 0, filesUnmodified: files, tree: first.tree })

    for (let number = 6; number < entries; number += 600) rmSync(entryPath(source, number))
    for (let number = 5; number < entries; number += 600) writeFileSync(entryPath(source, number), 'changed')
    for (let number = 0; number < 20; number++) writeFileSync(entryPath(source, entries + number), 'new')
    const third = await backup(repository, [source], { workers: 4 }, ctx)
    expect(third).toMatchObject({ filesNew: 20, filesChanged: 10, filesUnmodified: files - 10 - 10, errors: [] })
    const alone = await backup(repository, [source], { workers: 1, parent: { type: 'none' } }, ctx)
    expect(alone.tree).toBe(third.tree)

    const target = scratch.place('restored')
    const restored = await restoreTo(repository, snapshotIdOf(third), target, { workers: 3, verify: true }, ctx)
    expect(restored.errors).toEqual([])
    expect(treeDifferences(listTree(source), listTree(join(target, basename(source))))).toEqual([])
    expect(await checkErrors(repository, ctx)).toEqual([])
  })

  test.each(programs)('has the tree that %s makes of it', async (program) => {
    const source = makeLargeDirectory()
    const place = scratch.place('repository')
    const repository = await createScenarioRepository(createLocalBackend(place), ctx)
    const report = await backup(repository, [source], { workers: 3 }, ctx)
    const restic = resticOn(program, place)
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
    await restic(['backup', '--force', '--host', 'scenario', basename(source)], {
      timeZone,
      workingDirectory: scratch.path,
    })
    expect(await listedTrees(restic)).toEqual([report.tree, report.tree])
  })
})
