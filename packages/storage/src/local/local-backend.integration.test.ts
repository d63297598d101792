import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeBackend, idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { createLocalBackend } from './local-backend.ts'
import { chooseSpoolDirectory } from './spool-directory.ts'

const ctx = quietContext()
const config = { type: 'config', name: 'config' } as const
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-local-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describeBackend('local backend', async () => createLocalBackend(join(folder, 'repository')))

describe('local backend on disk', () => {
  test('a new repository has restic’s folders, closed to others', async () => {
    const root = join(folder, 'a', 'b')
    await createLocalBackend(root).create(ctx)
    expect((await readdir(root)).sort()).toEqual(['data', 'index', 'keys', 'locks', 'snapshots'])
    expect(await readdir(join(root, 'data'))).toHaveLength(256)
    for (const path of [root, join(root, 'data'), join(root, 'data', 'ff'), join(root, 'keys')]) {
      expect((await stat(path)).mode & 0o777).toBe(0o700)
    }
  })

  test('restic lists and checks what was written, and its repository is read here', async () => {
    const root = join(folder, 'restic')
    const environment = { ...process.env, RESTIC_PASSWORD: 'secret', XDG_CACHE_HOME: folder }
    const run = (...args: string[]) =>
      spawnSync('restic', ['-r', root, ...args], { env: environment, encoding: 'utf8' })
    const init = run('init')
    expect(init.error, 'restic is needed: apt-get install restic').toBeUndefined()
    expect(init.status, init.stderr).toBe(0)
    await using backend = createLocalBackend(root)
    expect(await listAll(backend, 'key')).toHaveLength(1)
    await expectRejection(backend.create(ctx), 'REPOSITORY_EXISTS')
    const pack = sampleBytes(100)
    await backend.write(idOf('data', pack), pack, { content: 'data' }, ctx)
    expect(run('list', 'packs').stdout.trim()).toBe(idOf('data', pack).name)
  })

  test('files are read-only to their owner, or to the group too when the config is', async () => {
    const root = join(folder, 'modes')
    await using first = createLocalBackend(root)
    await first.create(ctx)
    await first.write(config, sampleBytes(10), { content: 'metadata' }, ctx)
    expect((await stat(join(root, 'config'))).mode & 0o777).toBe(0o400)
    await chmod(join(root, 'config'), 0o440)
    await using second = createLocalBackend(root)
    await rm(join(root, 'index'), { recursive: true })
    const index = idOf('index', sampleBytes(10))
    await second.write(index, sampleBytes(10), { content: 'metadata' }, ctx)
    expect((await stat(join(root, 'index', index.name))).mode & 0o777).toBe(0o440)
    // The process' umask still applies to folders.
    expect((await stat(join(root, 'index'))).mode & 0o750).toBe(0o750)
  })

  test('a spooled file is moved rather than copied, and the spool goes when the backend does', async () => {
    const root = join(folder, 'spool')
    const backend = createLocalBackend(root)
    await backend.create(ctx)
    const spool = backend.traits.spoolDirectory ?? ''
    expect(spool.startsWith(join(root, 'tmp', hostname()))).toBe(true)
    await mkdir(spool, { recursive: true })
    const bytes = sampleBytes(1000)
    const path = join(spool, 'pack')
    await writeFile(path, bytes)
    const { ino } = await stat(path)
    const file = idOf('data', bytes)
    await backend.write(file, { path, sizeBytes: 1000 }, { content: 'data' }, ctx)
    expect((await stat(join(root, 'data', file.name.slice(0, 2), file.name))).ino).toBe(ino)
    await backend[Symbol.asyncDispose]()
    expect(await readdir(join(root, 'tmp'))).toEqual([])
  })

  test('a spooled file that is not complete is refused', async () => {
    const root = join(folder, 'short')
    await using backend = createLocalBackend(root)
    await backend.create(ctx)
    const path = join(folder, 'pack')
    await writeFile(path, sampleBytes(999))
    const file = idOf('data', sampleBytes(1000))
    await expectRejection(backend.write(file, { path, sizeBytes: 1000 }, { content: 'data' }, ctx), 'STORAGE_DAMAGED')
    expect(await listAll(backend, 'data')).toEqual([])
  })

  test('spools of dead processes are removed by the next writer, those of living ones are not', async () => {
    const root = join(folder, 'leftovers')
    await using first = createLocalBackend(root)
    await first.create(ctx)
    const dead = chooseSpoolDirectory(root, spawnSync('true').pid)
    const living = chooseSpoolDirectory(root, process.pid)
    const elsewhere = join(root, 'tmp', 'otherhost.4026531836-1-0123456789abcdef')
    const abandoned = join(root, 'tmp', 'otherhost.4026531836-2-0123456789abcdef')
    for (const path of [dead, living, elsewhere, abandoned]) await mkdir(path, { recursive: true })
    await utimes(abandoned, 1, 1)
    await using second = createLocalBackend(root)
    await second.write(idOf('data', sampleBytes(5)), sampleBytes(5), { content: 'data' }, ctx)
    const left = await readdir(join(root, 'tmp'))
    expect(left).toHaveLength(3)
    for (const path of [living, elsewhere, second.traits.spoolDirectory ?? '']) {
      expect(left.map((name) => join(root, 'tmp', name))).toContain(path)
    }
  })

  test('names that are not a repository’s, misplaced packs and folders are not listed', async () => {
    const root = join(folder, 'strange')
    await using backend = createLocalBackend(root)
    await backend.create(ctx)
    const name = idOf('data', sampleBytes(1)).name
    const otherShard = name.startsWith('00') ? '01' : '00'
    await writeFile(join(root, 'data', otherShard, name), 'misplaced')
    await writeFile(join(root, 'data', name.slice(0, 2), `${name}-tmp-1`), 'half')
    await mkdir(join(root, 'index', name))
    await writeFile(join(root, 'snapshots', name.toUpperCase()), 'x')
    await rm(join(root, 'locks'), { recursive: true })
    for (const type of ['data', 'index', 'snapshot', 'lock'] as const) expect(await listAll(backend, type)).toEqual([])
  })

  test('a pack folder that is missing is made again', async () => {
    const root = join(folder, 'shardless')
    await using backend = createLocalBackend(root)
    await backend.create(ctx)
    await rm(join(root, 'data'), { recursive: true })
    const file = idOf('data', sampleBytes(9))
    await backend.write(file, sampleBytes(9), { content: 'data' }, ctx)
    expect(await listAll(backend, 'data')).toEqual([{ ...file, sizeBytes: 9 }])
    await backend.flush(ctx)
  })

  test('a place that never was is empty, one that vanished is unreachable and is not made anew', async () => {
    const root = join(folder, 'disk')
    await using backend = createLocalBackend(root)
    expect(await listAll(backend, 'snapshot')).toEqual([])
    await expectRejection(backend.read(config, undefined, ctx), 'STORAGE_FILE_MISSING')
    await backend.create(ctx)
    await rename(root, `${root}.unmounted`)
    const file = idOf('data', sampleBytes(9))
    for (const work of [
      () => backend.write(file, sampleBytes(9), { content: 'data' }, ctx),
      () => backend.read(file, undefined, ctx),
      () => backend.remove(file, ctx),
      () => listAll(backend, 'data'),
    ]) {
      expect((await expectRejection(work(), 'STORAGE_UNREACHABLE')).message).toContain(`${root} is gone`)
    }
    await expect(stat(root)).rejects.toThrow('ENOENT')
  })

  test('two configs written at the same moment: one wins, the other is told', async () => {
    const root = join(folder, 'race')
    await createLocalBackend(root).create(ctx)
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map((seed) =>
        createLocalBackend(root).write(config, sampleBytes(155, seed), { content: 'metadata' }, ctx),
      ),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'STORAGE_FILE_EXISTS' })
    }
  })
})
