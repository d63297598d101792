/** What a backup takes for unchanged, what it reads again, and what it leaves out. */
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { setTimes } from '@holdfast/repository/native/times'
import { rewriteIndex } from '@holdfast/repository/prune/rewrite-index'
import type { Repository } from '@holdfast/repository/repository'
import { blobsOf, packsOf, readAll } from '@holdfast/repository/golden/repository-content'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import type { SaveRequest } from '@holdfast/repository/save/save-request'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, describe, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { createScenarioRepository, fileNames } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { backup, checkErrors, forget, prune, restoreTo, snapshotIdOf } from '../scenario/verbs.ts'
import { listedTrees, programs, resticOn } from './restic.ts'

const ctx = quietContext()
const scratch = openScratch()
const random = new SeededRandom(7)

afterAll(() => scratch[Symbol.dispose]())

function makeSource(): string {
  const source = scratch.place('source')
  for (const directory of ['a', 'a/b', 'c']) mkdirSync(join(source, directory), { recursive: true })
  for (const name of ['one', 'a/two', 'a/b/three', 'c/four']) writeFileSync(join(source, name), random.bytes(40_000))
  writeFileSync(join(source, 'large'), random.bytes(9_000_000))
  writeFileSync(join(source, 'empty'), '')
  return source
}

async function newRepository(): Promise<Repository> {
  return createScenarioRepository(createMemoryBackend(), ctx)
}

/** Replaces the content; size and time of modification stay. */
function changeSecretly(path: string, inPlace: boolean): Buffer {
  const { size, mtimeNs } = statSync(path, { bigint: true })
  const content = random.bytes(Number(size))
  const written = inPlace ? path : `${path}.new`
  writeFileSync(written, content)
  setTimes(written, mtimeNs, mtimeNs)
  if (!inPlace) renameSync(written, path)
  return content
}

async function restoredFile(repository: Repository, snapshotId: string, path: string): Promise<Buffer> {
  const target = scratch.place('restored')
  expect((await restoreTo(repository, snapshotId, target, {}, ctx)).errors).toEqual([])
  return readFileSync(join(target, path))
}

describe('a file', () => {
  test('that has not changed is not read again, and the tree is the same', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    const first = await backup(repository, [source], {}, ctx)
    expect(first).toMatchObject({ filesNew: 6, filesChanged: 0, filesUnmodified: 0, errors: [] })
    const second = await backup(repository, [source], {}, ctx)
    expect(second).toMatchObject({ filesNew: 0, filesChanged: 0, filesUnmodified: 6, tree: first.tree })
    expect(second.repositories[0]).toMatchObject({ dataBlobs: 0, treeBlobs: 0, dataAdded: 0 })
    expect(second.bytesTotal).toBe(first.bytesTotal)
  })

  test.each(['a/two', 'large'])(
    '%s that was written or replaced with its size and date kept is noticed',
    async (name) => {
      const [source, repository] = [makeSource(), await newRepository()]
      await backup(repository, [source], {}, ctx)
      for (const inPlace of [true, false]) {
        const content = changeSecretly(join(source, name), inPlace)
        const report = await backup(repository, [source], {}, ctx)
        expect(report).toMatchObject({ filesNew: 0, filesChanged: 1, filesUnmodified: 5 })
        const restored = await restoredFile(repository, snapshotIdOf(report), join(basename(source), name))
        expect(restored.equals(content)).toBe(true)
      }
    },
  )

  const cases: [string, boolean, Partial<SaveRequest>, number][] = [
    ['written in place, with ctime ignored, is taken as unchanged', true, { ignoreCtime: true }, 0],
    ['replaced, with ctime ignored, is known by its inode', false, { ignoreCtime: true }, 1],
    ['replaced, with the inode ignored, is taken as unchanged', false, { ignoreInode: true }, 0],
    ['replaced, without a parent, is read', false, { ignoreInode: true, parent: { type: 'none' } }, 6],
  ]
  test.each(cases)('%s', async (_title, inPlace, options, read) => {
    const [source, repository] = [makeSource(), await newRepository()]
    await backup(repository, [source], {}, ctx)
    changeSecretly(join(source, 'a/two'), inPlace)
    const report = await backup(repository, [source], options, ctx)
    expect(report.filesChanged + report.filesNew).toBe(read)
  })

  test('whose metadata alone has changed keeps its content and gets the new metadata', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    await backup(repository, [source], {}, ctx)
    utimesSync(join(source, 'large'), 1e9, 1e9)
    const report = await backup(repository, [source], {}, ctx)
    expect(report).toMatchObject({ filesChanged: 1, filesUnmodified: 5 })
    expect(report.repositories[0]?.dataBlobs).toBe(0)
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)
    expect(treeDifferences(listTree(source), listTree(join(target, basename(source))))).toEqual([])
  })
})

describe('what is lost in the repository', () => {
  test.each(['data', 'tree'] as const)('comes back with the next backup: a pack of %s', async (kind) => {
    const [source, repository] = [makeSource(), await newRepository()]
    const first = await backup(repository, [source], {}, ctx)
    const packs = (await readAll(repository, 'index', ctx)).flatMap(packsOf)
    const lost = packs.filter(({ blobs }) => blobs.every(({ type }) => type === kind)).map(({ id }) => id)
    expect(lost.length).toBeGreaterThan(0)
    for (const name of lost) await repository.backend.remove({ type: 'data', name }, ctx)
    await rewriteIndex(repository, { drop: new Set(lost), work: 'test' }, ctx)
    expect(await checkErrors(repository, ctx)).not.toEqual([])
    const second = await backup(repository, [source], {}, ctx)
    expect(second).toMatchObject({ tree: first.tree, errors: [] })
    expect(await checkErrors(repository, ctx)).toEqual([])
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(first), target, {}, ctx)
    expect(treeDifferences(listTree(source), listTree(join(target, basename(source))))).toEqual([])
  })

  test('does not matter for a backup when it is the parent that is gone', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    const first = await backup(repository, [source], {}, ctx)
    await forget(repository, [snapshotIdOf(first)], ctx)
    await prune(repository, ctx)
    expect(await fileNames(repository.backend, ctx, ['data'])).toEqual([])
    const second = await backup(repository, [source], {}, ctx)
    expect(second).toMatchObject({ tree: first.tree, filesNew: 6 })
    expect(await checkErrors(repository, ctx)).toEqual([])
  })
})

describe('the parent', () => {
  test('is the newest snapshot of the same host and paths that is not in the future, unless it is named', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    const at = (day: number): { time: Date } => ({ time: new Date(Date.UTC(2026, 0, day)) })
    const parentOf = async (options: Partial<SaveRequest>): Promise<string | undefined> =>
      (await backup(repository, [source], { ...options, dryRun: true }, ctx)).repositories[0]?.parentId
    const identity = { hostname: 'elsewhere', username: 'root', uid: 0, gid: 0 }
    const first = snapshotIdOf(await backup(repository, [source], at(1), ctx))
    const second = snapshotIdOf(await backup(repository, [source], at(2), ctx))
    const elsewhere = snapshotIdOf(await backup(repository, [source], { ...at(3), identity }, ctx))
    await backup(repository, [join(source, 'a')], at(4), ctx)
    const future = snapshotIdOf(await backup(repository, [source], at(9), ctx))
    expect(await parentOf(at(5))).toBe(second)
    expect(await parentOf({ ...at(5), identity })).toBe(elsewhere)
    expect(await parentOf(at(10))).toBe(future)
    const groupBy = { host: false, paths: true, tags: false }
    expect(await parentOf({ ...at(5), parent: { type: 'choose', groupBy } })).toBe(elsewhere)
    expect(await parentOf({ ...at(5), parent: { type: 'snapshot', id: first } })).toBe(first)
    expect(await parentOf({ ...at(5), parent: { type: 'none' } })).toBeUndefined()
  })
})

describe('a backup', () => {
  test('that is dry counts the same and writes nothing at all', async () => {
    const [source, path] = [makeSource(), scratch.place('repository')]
    const repository = await createScenarioRepository(createLocalBackend(path), ctx)
    const listFiles = (): string[] =>
      readdirSync(path, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('tmp'))
    const before = listFiles()
    const dry = await backup(repository, [source], { dryRun: true }, ctx)
    expect(listFiles()).toEqual(before)
    const real = await backup(repository, [source], {}, ctx)
    expect(dry).toMatchObject({ tree: real.tree, filesNew: real.filesNew, bytesTotal: real.bytesTotal })
    const { dataBlobs, treeBlobs, dataAdded } = real.repositories[0] ?? {}
    expect(dry.repositories[0]).toMatchObject({ snapshotId: undefined, dataBlobs, treeBlobs, dataAdded })
  })

  test('of unchanged files makes no snapshot when asked to skip those', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    const skip = { skipIfUnchanged: true }
    expect((await backup(repository, [source], skip, ctx)).repositories[0]?.snapshotId).toBeDefined()
    const names = await fileNames(repository.backend, ctx)
    expect((await backup(repository, [source], skip, ctx)).repositories[0]?.snapshotId).toBeUndefined()
    expect(await fileNames(repository.backend, ctx)).toEqual(names)
    writeFileSync(join(source, 'one'), 'changed')
    expect((await backup(repository, [source], skip, ctx)).repositories[0]?.snapshotId).toBeDefined()
    expect(await listSnapshots(repository, {}, ctx)).toHaveLength(2)
  })

  test('keeps the time of the last access only when asked to', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    utimesSync(join(source, 'one'), 1e9, 1.1e9)
    const plain = await backup(repository, [source], {}, ctx)
    utimesSync(join(source, 'one'), 1.05e9, 1.1e9)
    const again = await backup(repository, [source], {}, ctx)
    const trees: string[] = []
    for await (const { type, content } of blobsOf(repository, ctx)) if (type === 'tree') trees.push(content.toString())
    expect(trees.some((text) => text.includes('"atime":"2004'))).toBe(true)
    expect(trees.some((text) => text.includes('"atime":"2001') || text.includes('"atime":"2003'))).toBe(false)
    const withAtime = await backup(repository, [source], { withAtime: true }, ctx)
    expect(withAtime.tree).not.toBe(again.tree)
    expect(plain.errors).toEqual([])
  })
})

describe.each(programs)(
  'the patterns and markers that leave things out mean to us what they mean to %s:',
  (program) => {
    const cases: [string, Partial<SaveRequest>, string[]][] = [
      [
        'patterns',
        { filter: { excludes: ['*.tmp', '!keep.tmp', '/**/cache/*', 'b'] } },
        ['--exclude=*.tmp', '--exclude=!keep.tmp', '--exclude=/**/cache/*', '--exclude=b'],
      ],
      [
        'patterns of any case',
        { filter: { insensitiveExcludes: ['*.TMP', 'CACHE'] } },
        ['--iexclude=*.TMP', '--iexclude=CACHE'],
      ],
      [
        'marker files',
        { filter: { excludeIfPresent: ['.nobackup', '.tagged:signature'] } },
        ['--exclude-if-present=.nobackup', '--exclude-if-present=.tagged:signature'],
      ],
      ['cache directories', { filter: { excludeCaches: true } }, ['--exclude-caches']],
      ['sizes', { filter: { excludeLargerThanBytes: 1024 } }, ['--exclude-larger-than=1k']],
    ]

    test.each(cases)('%s', async (_title, options, args) => {
      const source = makeExcludedSource()
      const path = scratch.place('repository')
      const repository = await createScenarioRepository(createLocalBackend(path), ctx)
      const everything = await backup(repository, [source], { dryRun: true }, ctx)
      const report = await backup(repository, [source], options, ctx)
      expect(report.tree).not.toBe(everything.tree)
      const restic = resticOn(program, path)
      const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
      await restic(['backup', '--force', '--host', 'scenario', ...args, basename(source)], {
        timeZone,
        workingDirectory: scratch.path,
      })
      expect(await listedTrees(restic)).toEqual([report.tree, report.tree])
    })

    function makeExcludedSource(): string {
      const source = scratch.place('source')
      const signature = 'Signature: 8a477f597d28d172789f06886806bc55'
      const files: Record<string, string> = {
        'one.tmp': 'x',
        'keep.tmp': 'x',
        'a/b/inside': 'x',
        'a/bb': 'x',
        'a/cache/x/y': 'x',
        'a/cache/z.tmp': 'x',
        'Cache/file': 'x',
        'UP.TMP': 'x',
        'no/.nobackup': '',
        'no/file': 'x',
        'no/deep/file': 'x',
        'tagged/.tagged': 'signature and more',
        'tagged/file': 'x',
        'untagged/.tagged': 'other',
        'untagged/file': 'x',
        'cachedir/CACHEDIR.TAG': signature,
        'cachedir/file': 'x',
        'nocachedir/CACHEDIR.TAG': 'nothing',
        'nocachedir/file': 'x',
        exact: 'x'.repeat(1024),
        larger: 'x'.repeat(1025),
      }
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(source, name)), { recursive: true })
        writeFileSync(join(source, name), content)
      }
      return source
    }
  },
)
