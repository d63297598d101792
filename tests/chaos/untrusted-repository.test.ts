/**
 * Repositories whose files were altered: by a bad disk (bytes), or by somebody who knows the key (content, sealed and
 * named rightly). Every verb that reads ends in time, with correct data or with an error that says what is wrong, and a
 * restore writes nothing outside its target.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import { blobsOf } from '@holdfast/repository/golden/repository-content'
import { readUnpacked, writeUnpacked } from '@holdfast/repository/open/unpacked-files'
import { storeIndex, storePack } from '@holdfast/repository/prune/repository-fixture'
import type { Repository } from '@holdfast/repository/repository'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createTreeSource } from '@holdfast/repository/tree/tree-source'
import { walkTree } from '@holdfast/repository/tree/walk-tree'
import type { FileId, FileType } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { behind, cloneToMemory, createScenarioRepository } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { backup, checkAll, copy, prune, restoreTo } from '../scenario/verbs.ts'
import { mutateBytes, mutateJson } from './mutate.ts'
import { isFullSweep } from './sweep.ts'

const rounds = isFullSweep ? 400 : 10
const ctx = quietContext()
const scratch = openScratch()
const source = scratch.place('source')
const base = await createScenarioRepository(createMemoryBackend(), ctx)

beforeAll(async () => {
  mkdirSync(join(source, 'below/deeper'), { recursive: true })
  writeFileSync(join(source, 'below/deeper/text'), 'text '.repeat(5000))
  writeFileSync(join(source, 'noise'), new SeededRandom(3).bytes(1_500_000))
  writeFileSync(join(source, 'below/small'), 'small')
  symlinkSync('small', join(source, 'below/link'))
  await backup(base, [source], {}, ctx)
})
afterAll(() => scratch[Symbol.dispose]())

/** Either it ends well, or with one of our errors, and soon. */
async function settle<T>(what: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    expect(isAppError(error), `${what}: ${error instanceof Error ? error.stack : String(error)}`).toBe(true)
    return undefined
  }
}

/** Reads everything in every way. Returns what restores that reported no error have brought back. */
async function expectHarmless(repository: Repository, what: string): Promise<string[]> {
  const timed = { ...ctx, signal: AbortSignal.timeout(60_000) }
  const listed = (await settle(what, listSnapshots(repository, { onUnreadable: () => {} }, timed))) ?? []
  const restored: string[] = []
  await settle(`${what}, check`, checkAll(repository, timed))
  const destination = await createScenarioRepository(createMemoryBackend(), ctx)
  await settle(`${what}, copy`, copy(repository, destination, timed))
  await settle(`${what}, prune`, prune(behind(repository, await cloneToMemory(repository.backend, ctx)), timed))
  for (const { id, snapshot } of listed) {
    const walk = async (): Promise<void> => {
      const trees = createTreeSource(repository, await loadIndex(repository, timed))
      for await (const _entry of walkTree(trees, snapshot.tree, {}, timed)) void _entry
    }
    await settle(`${what}, walk`, walk())
    const place = scratch.place('fenced')
    mkdirSync(join(place, 'inner'), { recursive: true })
    writeFileSync(join(place, 'outside'), 'untouched')
    const target = join(place, 'inner', 'target')
    const report = await settle(`${what}, restore`, restoreTo(repository, id, target, { workers: 1 }, timed))
    expect(readdirSync(place), what).toEqual(['inner', 'outside'])
    expect(readFileSync(join(place, 'outside'), 'utf8'), what).toBe('untouched')
    expect(
      readdirSync(join(place, 'inner')).filter((name) => name !== 'target'),
      what,
    ).toEqual([])
    if (report?.errorCount === 0) restored.push(target)
  }
  expect(timed.signal.aborted, `${what} took too long`).toBe(false)
  return restored
}

async function filesOf(repository: Repository, types: readonly FileType[]): Promise<FileId[]> {
  const files: FileId[] = []
  for (const type of types) for await (const { name } of repository.backend.list(type, ctx)) files.push({ type, name })
  return files.toSorted((a, b) => a.name.localeCompare(b.name))
}

describe('a repository', () => {
  test(`with altered bytes restores what was saved or says what is wrong (${rounds} alterations)`, async () => {
    const expected = listTree(source)
    const expectRestored = (targets: readonly string[], what: string): void => {
      for (const target of targets) {
        expect(treeDifferences(expected, listTree(join(target, basename(source)))), what).toEqual([])
      }
    }
    // what could not restore at all would find every restore harmless
    const unaltered = await expectHarmless(behind(base, await cloneToMemory(base.backend, ctx)), 'unaltered')
    expect(unaltered).toHaveLength(1)
    expectRestored(unaltered, 'unaltered')
    for (let seed = 0; seed < rounds; seed++) {
      const random = new SeededRandom(1000 + seed)
      const repository = behind(base, await cloneToMemory(base.backend, ctx))
      const file = random.pick(await filesOf(repository, ['snapshot', 'index', 'data', 'data', 'data']))
      const bytes = await repository.backend.read(file, undefined, ctx)
      await repository.backend.remove(file, ctx)
      const others = await filesOf(repository, ['data', 'index'])
      const replacement =
        random.below(8) === 0
          ? await repository.backend.read(random.pick(others), undefined, ctx)
          : mutateBytes(bytes, random)
      await repository.backend.write(file, replacement, { content: 'data' }, ctx)
      const what = `seed ${seed}: ${file.type} ${file.name}`
      expectRestored(await expectHarmless(repository, what), what)
    }
  })

  test(`with hostile content, sealed as ours, is read without harm (${rounds * 2} contents)`, async () => {
    const blobs = await Array.fromAsync(blobsOf(base, ctx))
    const trees = blobs.filter(({ type }) => type === 'tree')
    const [listed] = await listSnapshots(base, {}, ctx)
    if (listed === undefined) throw new Error('there is no snapshot')
    const snapshotFile = { type: 'snapshot', name: listed.id } as const
    const snapshotText = (await readUnpacked(base, snapshotFile, ctx)).toString()
    for (let seed = 0; seed < rounds * 2; seed++) {
      const random = new SeededRandom(5000 + seed)
      const repository = behind(base, await cloneToMemory(base.backend, ctx))
      const kind = random.pick(['snapshot', 'index', 'tree', 'tree', 'tree'] as const)
      if (kind === 'index') {
        const [index] = await filesOf(repository, ['index'])
        if (index === undefined) throw new Error('there is no index')
        const text = (await readUnpacked(repository, index, ctx)).toString()
        await repository.backend.remove(index, ctx)
        await writeUnpacked(repository, 'index', mutateJson(text, random), ctx)
      } else {
        await repository.backend.remove(snapshotFile, ctx)
        const tree = random.pick(trees)
        const content = kind === 'tree' ? mutateJson(tree.content.toString(), random) : undefined
        const pack = await storePack(repository, content === undefined ? [] : [{ type: 'tree', content }], ctx)
        if (content !== undefined) await storeIndex(repository, [pack], ctx)
        const id = pack.blobs[0]?.id ?? listed.snapshot.tree
        const text = kind === 'tree' ? snapshotText.replace(listed.snapshot.tree, id) : mutateJson(snapshotText, random)
        await writeUnpacked(repository, 'snapshot', Buffer.from(text), ctx)
      }
      await expectHarmless(repository, `seed ${seed}: ${kind}`)
    }
  })
})
