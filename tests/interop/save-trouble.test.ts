/** Backups of sources that change under their hands, into stores that fail, and from producers that fail. */
import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { basename, join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { listTree, treeDifferences } from '@holdfast/repository/restore/testing/tree-listing'
import { save } from '@holdfast/repository/save/save'
import type { SaveReport, Source } from '@holdfast/repository/save/save-request'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { Backend } from '@holdfast/storage/backend'
import { type BackendCall, withFaultInjection } from '@holdfast/storage/decorate/with-fault-injection'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, describe, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { behind, createScenarioRepository, scenarioPassword } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { backup, checkErrors, restoreTo, saveRequest, snapshotIdOf } from '../scenario/verbs.ts'

const ctx = quietContext()
const scratch = openScratch()
const random = new SeededRandom(11)
const mebi = 1024 * 1024

afterAll(() => scratch[Symbol.dispose]())

async function newRepository(version: 1 | 2 = 2): Promise<Repository> {
  return createScenarioRepository(createMemoryBackend(), ctx, { version })
}

function makeSource(): string {
  const source = scratch.place('source')
  fs.mkdirSync(join(source, 'a'), { recursive: true })
  for (const name of ['one', 'a/two', 'a/vanishing']) fs.writeFileSync(join(source, name), random.bytes(50_000))
  fs.mkdirSync(join(source, 'a/vanishing-directory'))
  return source
}

async function restored(repository: Repository, report: SaveReport, source: string): Promise<Map<string, string>> {
  const target = scratch.place('restored')
  expect((await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)).errors).toEqual([])
  return listTree(join(target, basename(source)))
}

/** Does something once, right before the first call that is meant. */
function once(backend: Backend, isMeant: (call: BackendCall) => boolean, act: () => void): Backend {
  let done = false
  return withFaultInjection(backend, (call) => {
    if (done || !isMeant(call)) return undefined
    done = true
    return act
  })
}

describe('a source that changes while it is read', () => {
  // A directory's names are read before its tree in the parent snapshot: a backend that sees this read acts in between.
  const changes: [string, (source: string) => void, (name: string) => boolean][] = [
    [
      'a file that vanishes is left out',
      (source) => fs.rmSync(join(source, 'a/vanishing')),
      (name) => name !== '/a/vanishing',
    ],
    [
      'a directory that vanishes is left out',
      (source) => fs.rmdirSync(join(source, 'a/vanishing-directory')),
      (name) => name !== '/a/vanishing-directory',
    ],
    [
      'a file that becomes a link is saved as one',
      (source) => {
        fs.rmSync(join(source, 'a/vanishing'))
        fs.symlinkSync('two', join(source, 'a/vanishing'))
      },
      () => true,
    ],
    [
      'a file that becomes a directory is saved as one',
      (source) => {
        fs.rmSync(join(source, 'a/vanishing'))
        fs.mkdirSync(join(source, 'a/vanishing'))
      },
      () => true,
    ],
    [
      'a directory that becomes a file is saved as one',
      (source) => {
        fs.rmdirSync(join(source, 'a/vanishing-directory'))
        fs.writeFileSync(join(source, 'a/vanishing-directory'), 'file')
      },
      () => true,
    ],
    [
      'a file that grows is saved as it is then',
      (source) => fs.appendFileSync(join(source, 'a/vanishing'), random.bytes(100_000)),
      () => true,
    ],
  ]
  test.each(changes)('%s', async (_title, change, stays) => {
    const [source, repository] = [makeSource(), await newRepository()]
    await backup(repository, [source], {}, ctx)
    // the second backup's trees lie in another pack than that of the directory, which is therefore read by itself
    fs.writeFileSync(join(source, 'one'), 'changed')
    await backup(repository, [source], {}, ctx)
    let reads = 0
    const backend = once(
      repository.backend,
      ({ method, file }) => method === 'read' && file?.type === 'data' && ++reads === 2,
      () => change(source),
    )
    const report = await backup(behind(repository, backend), [source], {}, ctx)
    expect(report.errors).toEqual([])
    expect(reads).toBeGreaterThan(1)
    expect(await checkErrors(repository, ctx)).toEqual([])
    const after = await restored(repository, report, source)
    const now = listTree(source)
    for (const [name, facts] of now) {
      // times of directories may be those of before the change
      if (facts.startsWith('4') || !stays(name)) continue
      expect(after.get(name), name).toBe(facts)
    }
    expect([...after.keys()].filter((name) => !now.has(name))).toEqual([])
  })

  const largeChanges: [string, (path: string) => void][] = [
    ['is cut off', (path) => fs.truncateSync(path, 10 * mebi + 17)],
    ['grows', (path) => fs.appendFileSync(path, random.bytes(5 * mebi))],
    [
      'is replaced',
      (path) => {
        fs.renameSync(path, `${path}.old`)
        fs.writeFileSync(path, 'another one')
      },
    ],
    ['is removed', (path) => fs.rmSync(path)],
  ]
  test.each(largeChanges)(
    'a large file that %s half-way is saved as far as it was read, never mixed up',
    async (_title, change) => {
      const repository = await newRepository()
      const source = scratch.place('source')
      fs.mkdirSync(source)
      const path = join(source, 'large')
      const content = random.bytes(20 * mebi)
      fs.writeFileSync(path, content)
      const slow = { ...repository.backend, traits: { connections: 1 } }
      const backend = once(
        slow,
        ({ method, file }) => method === 'write' && file?.type === 'data',
        () => change(path),
      )
      const report = await backup(behind(repository, backend), [source], { packBytes: mebi, workers: 1 }, ctx)
      expect(report.errors).toEqual([])
      expect(await checkErrors(repository, ctx)).toEqual([])
      const target = scratch.place('restored')
      expect((await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)).errors).toEqual([])
      const saved = fs.readFileSync(join(target, basename(source), 'large'))
      expect(saved.length).toBeGreaterThan(0)
      expect(saved.length).toBeLessThanOrEqual(content.length)
      expect(saved.equals(content.subarray(0, saved.length))).toBe(true)
      const again = await backup(repository, [source], {}, ctx)
      expect(treeDifferences(listTree(source), await restored(repository, again, source))).toEqual([])
    },
  )

  test('what may not be read is reported, the rest is saved, and the exit code says so', async () => {
    const source = makeSource()
    fs.chmodSync(join(source, 'a/two'), 0)
    fs.chmodSync(join(source, 'a/vanishing-directory'), 0)
    fs.chmodSync(scratch.path, 0o755)
    const path = scratch.place('repository')
    const repository = await createScenarioRepository(createLocalBackend(path), ctx)
    // root may read anything, so another user must try
    const user = process.geteuid?.() === 0 ? 65_534 : undefined
    if (user !== undefined) chownAll(path, user)
    if (user !== undefined) chownAll(source, user)
    const program = join(import.meta.dirname, '../../apps/cli/src/main.ts')
    const env = { HOLDFAST_REPOSITORY: path, HOLDFAST_PASSWORD: scenarioPassword, HOME: scratch.place('home') }
    const args = [program, 'backup', '--no-cache', basename(source)]
    const options = { env, cwd: scratch.path, ...(user === undefined ? {} : { uid: user, gid: user }) }
    const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
      execFile(process.execPath, args, options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, output: stdout + stderr }),
      )
    })
    expect(code, output).toBe(3)
    expect(output).toContain('two')
    expect(output).toContain('vanishing-directory')
    const [listed] = await listSnapshots(repository, {}, ctx)
    const target = scratch.place('restored')
    await restoreTo(repository, listed?.id ?? '', target, {}, ctx)
    const names = [...listTree(join(target, basename(source))).keys()]
    expect(names).toEqual(['', '/a', '/a/vanishing', '/one'])
    expect(await checkErrors(repository, ctx)).toEqual([])
  })

  test('a source that is missing makes the snapshot partial; when all are, there is none', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    const report = await backup(repository, [source, join(scratch.path, 'missing')], {}, ctx)
    expect(report.errors).toEqual([{ path: 'missing', message: expect.stringContaining('not exist') }])
    await expect(backup(repository, [join(scratch.path, 'missing')], {}, ctx)).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
    })
    expect(await listSnapshots(repository, {}, ctx)).toHaveLength(1)
  })
})

function chownAll(path: string, user: number): void {
  fs.lchownSync(path, user, user)
  for (const name of fs.readdirSync(path, { recursive: true, encoding: 'utf8' }))
    fs.lchownSync(join(path, name), user, user)
}

describe('several repositories at once', () => {
  function failingFrom(backend: Backend, isMeant: (call: BackendCall) => boolean): Backend {
    return withFaultInjection(backend, (call) => (isMeant(call) ? 'permanent' : undefined))
  }

  test('of different keys and versions get the same snapshot from one reading', async () => {
    const source = makeSource()
    fs.writeFileSync(join(source, 'large'), random.bytes(9 * mebi))
    const repositories = [await newRepository(1), await newRepository(2), await newRepository(2)]
    await backup(repositories[1] ?? (await newRepository()), [join(source, 'a')], {}, ctx)
    const report = await save(repositories, saveRequest([source]), ctx)
    for (const [number, repository] of repositories.entries()) {
      expect(await checkErrors(repository, ctx)).toEqual([])
      const target = scratch.place('restored')
      await restoreTo(repository, snapshotIdOf(report, number), target, {}, ctx)
      expect(treeDifferences(listTree(source), listTree(join(target, basename(source))))).toEqual([])
    }
    // the second knew some of the files' content already
    const added = report.repositories.map(({ dataBlobs }) => dataBlobs)
    expect((added[1] ?? 0) < (added[0] ?? 0) && added[0] === added[2]).toBe(true)
    const again = await save(repositories, saveRequest([source]), ctx)
    expect(again).toMatchObject({ filesUnmodified: report.filesTotal, tree: report.tree })
  })

  const failures: [string, (call: BackendCall) => boolean][] = [
    ['its second pack', (call) => call.method === 'write' && call.file?.type === 'data' && call.index > 8],
    ['its index', (call) => call.method === 'write' && call.file?.type === 'index'],
    ['its snapshot', (call) => call.method === 'write' && call.file?.type === 'snapshot'],
    ['a flush', (call) => call.method === 'flush'],
  ]
  test.each(failures)('one that cannot store %s has no snapshot, and the other is whole', async (_title, isMeant) => {
    const source = makeSource()
    for (let i = 0; i < 8; i++) fs.writeFileSync(join(source, `big-${i}`), random.bytes(mebi))
    for (const failing of [0, 1]) {
      const repositories = [await newRepository(), await newRepository()]
      const plain = [...repositories]
      const broken = repositories[failing]
      if (broken !== undefined) repositories[failing] = behind(broken, failingFrom(broken.backend, isMeant))
      const report = await save(repositories, saveRequest([source], { packBytes: mebi }), ctx)
      expect(isAppError(report.repositories[failing]?.failure, 'STORAGE_DENIED')).toBe(true)
      expect(report.repositories[failing]?.snapshotId).toBeUndefined()
      for (const [number, repository] of plain.entries()) {
        expect(await checkErrors(repository, ctx)).toEqual([])
        expect(await listSnapshots(repository, {}, ctx)).toHaveLength(number === failing ? 0 : 1)
      }
      const good = plain[1 - failing]
      if (good === undefined) throw new Error('there were two')
      const target = scratch.place('restored')
      await restoreTo(good, snapshotIdOf(report, 1 - failing), target, {}, ctx)
      expect(treeDifferences(listTree(source), listTree(join(target, basename(source))))).toEqual([])
    }
  })

  test('that all fail make the backup fail', async () => {
    const source = makeSource()
    const repositories = [await newRepository(), await newRepository()].map((each) =>
      behind(
        each,
        failingFrom(each.backend, (call) => call.method === 'write'),
      ),
    )
    await expect(save(repositories, saveRequest([source]), ctx)).rejects.toMatchObject({ code: 'STORAGE_DENIED' })
  })

  test('that cut files in different places are refused before anything is read', async () => {
    const other = await createScenarioRepository(createMemoryBackend(), ctx, { chunkerPolynomial: 0x2bdc41a9a3c4f5n })
    const both = save([await newRepository(), other], saveRequest([makeSource()]), ctx)
    await expect(both).rejects.toMatchObject({ code: 'REPOSITORY_POLYNOMIAL_DIFFERS' })
  })
})

describe('a stream', () => {
  async function* pieces(content: Buffer, failAt = Infinity): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < content.length; at += 70_001) {
      if (at >= failAt) throw new AppError('INTERRUPTED', {})
      yield content.subarray(at, at + 70_001)
    }
  }
  const streamOf = (bytes: AsyncIterable<Uint8Array>, finish: (size: number) => Promise<void>): { source: Source } => ({
    source: { type: 'stream', path: '/dumps/all.sql', bytes, finish },
  })
  const ends = (): Promise<void> => Promise.resolve()

  test('becomes one file, whose chunks are those of a file with the same content', async () => {
    const repository = await newRepository()
    const source = scratch.place('source')
    fs.mkdirSync(source)
    const content = random.bytes(20 * mebi)
    fs.writeFileSync(join(source, 'file'), content)
    await backup(repository, [source], {}, ctx)
    const sizes: number[] = []
    const finish = (size: number): Promise<void> => Promise.resolve(void sizes.push(size))
    const report = await save([repository], saveRequest([source], streamOf(pieces(content), finish)), ctx)
    expect(sizes).toEqual([content.length])
    expect(report.repositories[0]).toMatchObject({ dataBlobs: 0, treeBlobs: 2 })
    expect(report).toMatchObject({ filesTotal: 1, bytesTotal: content.length })
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)
    expect(fs.readFileSync(join(target, 'dumps/all.sql')).equals(content)).toBe(true)
    expect(await checkErrors(repository, ctx)).toEqual([])
  })

  const failed: [string, () => { source: Source }][] = [
    ['breaks off', () => streamOf(pieces(random.bytes(4 * mebi), 2 * mebi), ends)],
    [
      'ends badly',
      () => streamOf(pieces(random.bytes(4 * mebi)), () => Promise.reject(new AppError('INTERRUPTED', {}))),
    ],
    [
      'ends badly and was empty',
      () => streamOf(pieces(Buffer.alloc(0)), () => Promise.reject(new AppError('INTERRUPTED', {}))),
    ],
  ]
  test.each(failed)('that %s leaves no snapshot', async (_title, options) => {
    const repository = await newRepository()
    const saving = save([repository], saveRequest([scratch.path], options()), ctx)
    await expect(saving).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(await listSnapshots(repository, {}, ctx)).toEqual([])
    expect(await checkErrors(repository, ctx)).toEqual([])
  })
})

describe('a directory of 4000 links that lead far', () => {
  test('has a tree too large for a worker, and is saved, known again, checked and restored', async () => {
    const repository = await newRepository()
    const source = scratch.place('source')
    const many = join(source, 'many')
    fs.mkdirSync(many, { recursive: true })
    const padding = 'long-name-'.repeat(20)
    const far = 'far/'.repeat(500)
    for (let i = 0; i < 4000; i++) fs.symlinkSync(far, join(many, `${padding}${i}`))
    fs.writeFileSync(join(many, 'file'), 'in between')
    const first = await backup(repository, [source], {}, ctx)
    expect(first.repositories[0]?.dataAdded).toBeGreaterThan(8 * mebi)
    const second = await backup(repository, [source], {}, ctx)
    expect(second).toMatchObject({ tree: first.tree, filesUnmodified: 1, dirsUnmodified: first.dirsNew })
    fs.rmSync(join(many, `${padding}777`))
    const third = await backup(repository, [source], {}, ctx)
    expect(third).toMatchObject({ filesUnmodified: 1, errors: [] })
    expect(await checkErrors(repository, ctx)).toEqual([])
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(third), target, {}, ctx)
    expect(treeDifferences(listTree(source), listTree(join(target, basename(source))))).toEqual([])
  })
})

describe('a backup that is interrupted', () => {
  test('leaves no snapshot, and what it had stored is used by the next one', async () => {
    const [source, repository] = [makeSource(), await newRepository()]
    for (let i = 0; i < 16; i++) fs.writeFileSync(join(source, `big-${i}`), random.bytes(mebi))
    const stop = new AbortController()
    let writes = 0
    const slow = { ...repository.backend, traits: { connections: 1 } }
    const backend = withFaultInjection(slow, ({ method, file }) => {
      if (method === 'write' && file?.type === 'data' && ++writes === 4) return () => stop.abort()
      return undefined
    })
    const options = { packBytes: mebi, workers: 1 }
    const all = (await backup(repository, [source], { ...options, dryRun: true }, ctx)).repositories[0]?.dataBlobs
    const stopped = backup(behind(repository, backend), [source], options, { ...ctx, signal: stop.signal })
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(await listSnapshots(repository, {}, ctx)).toEqual([])
    expect(await checkErrors(repository, ctx)).toEqual([])
    const report = await backup(repository, [source], options, ctx)
    expect(report.repositories[0]?.dataBlobs).toBeLessThan(all ?? 0)
    expect(treeDifferences(listTree(source), await restored(repository, report, source))).toEqual([])
  })
})
