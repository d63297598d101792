import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import { type Context, quietContext, withSignal } from '@holdfast/core/context'
import {
  createOperationFixture,
  type OperationFixture,
} from '@holdfast/orchestrator/operation/testing/operation-fixture'
import { listLocks } from '@holdfast/repository/lock/list-locks'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { MachineFacts } from '../task/task-message.ts'
import { createHeldRepositories } from './held-repositories.ts'
import { createSnapshotReader, type SnapshotReader } from './snapshot-reader.ts'

const ctx = quietContext()
const stack = new AsyncDisposableStack()
const large = randomBytes(24 << 20)
let fixture: OperationFixture
let data: string
let reader: SnapshotReader
let repository: RepositorySettings
let snapshot: string

beforeAll(async () => {
  vi.stubEnv('PASSWORD', 'correct horse')
  fixture = stack.use(
    await createOperationFixture((directory) => ({
      sources: { web: { type: 'files', paths: [join(directory, 'data')], tier: 'critical', log: 'off' } },
    })),
  )
  data = join(fixture.directory, 'data')
  mkdirSync(join(data, 'many'), { recursive: true })
  writeFileSync(join(data, 'large.bin'), large)
  writeFileSync(join(data, 'back\\slash'), 'one')
  writeFileSync(Buffer.concat([Buffer.from(`${data}/`), Buffer.of(0xff, 0x2e, 0x62)]), 'two')
  symlinkSync('/etc/passwd', join(data, 'link'))
  for (let i = 0; i < 300; i++) writeFileSync(join(data, 'many', `file-${i}`), `${i}`)
  snapshot = await backUp()
  const { config } = await fixture.surround(async (given) => given)
  const settings = config.repositories.get('first')
  if (settings === undefined) throw new Error('no repository')
  repository = settings
  reader = stack.use(createSnapshotReader({ machine: factsOf(fixture) }))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await stack.disposeAsync()
})

async function backUp(): Promise<string> {
  const { result } = await fixture.perform('backup', { source: 'web' })
  return result.snapshots?.['first'] ?? ''
}

function runRestic(...words: readonly string[]): void {
  const env = { ...process.env, RESTIC_PASSWORD: 'correct horse', RESTIC_CACHE_DIR: join(fixture.directory, 'cache') }
  execFileSync('restic', ['-r', fixture.repositoryPath('first'), ...words], { env, stdio: 'pipe' })
}

function factsOf({ machine }: OperationFixture): MachineFacts {
  const { identity, homeDirectory, temporaryDirectory, cacheDirectory, version, workers } = machine
  return { identity, homeDirectory, temporaryDirectory, cacheDirectory, version, workers }
}

const list = (path: string, more: { readonly after?: string; readonly limit?: number } = {}) =>
  reader.ask({ type: 'list-directory', repository, snapshot, path, limit: 1000, ...more }, ctx)
const download = (path: string, own: Context = ctx) =>
  reader.download({ type: 'download', repository, snapshot, path }, own)
const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('a directory of a snapshot', () => {
  test('is listed in byte order, with names that can be given back', async () => {
    const { entries, total, path, after } = await list(data)
    expect(path).toBe(data)
    expect(total).toBe(5)
    expect(after).toBeUndefined()
    expect(entries.map(({ name, type, sizeBytes }) => [name, type, sizeBytes])).toEqual([
      ['back\\\\slash', 'file', 3],
      ['large.bin', 'file', large.length],
      ['link', 'symlink', undefined],
      ['many', 'dir', undefined],
      ['\\xff.b', 'file', 3],
    ])
    expect(entries[2]?.linkTarget).toBe('/etc/passwd')
    expect(entries[0]).toMatchObject({ mode: '0644', path: `${data}/back\\\\slash` })
    expect(Date.parse(entries[0]?.modifiedAt ?? '')).toBeGreaterThan(Date.now() - 600_000)
    for (const { path: entry } of entries.filter(({ type }) => type === 'file')) {
      expect((await buffer((await download(entry)).content)).length).toBeGreaterThan(0)
    }
  })

  test('comes page by page without a gap', async () => {
    const names: string[] = []
    for (let after: string | undefined; ;) {
      const page = await list(join(data, 'many'), { limit: 70, ...(after === undefined ? {} : { after }) })
      names.push(...page.entries.map(({ name }) => name))
      expect(page.total).toBe(300)
      if (page.after === undefined) break
      after = page.after
    }
    expect(names).toEqual(Array.from({ length: 300 }, (_, i) => `file-${i}`).toSorted())
    expect((await list('/')).entries.map(({ type }) => type)).toEqual(['dir'])
  })

  test('is not found, or is none', async () => {
    await expect(list('/nothing')).rejects.toMatchObject({ code: 'PATH_UNKNOWN' })
    await expect(list(`${data}/../data`)).rejects.toMatchObject({ code: 'PATH_UNKNOWN' })
    await expect(list(join(data, 'large.bin'))).rejects.toMatchObject({ code: 'SNAPSHOT_ENTRY_UNSUITABLE' })
  })
})

describe('a download', () => {
  test('of a file is the file, of a length that is known before', async () => {
    const { content, sizeBytes, name } = await download(join(data, 'large.bin'))
    expect([sizeBytes, name]).toEqual([large.length, 'large.bin'])
    expect(digestOf(await buffer(content))).toBe(digestOf(large))
  })

  test('of a directory is an archive that tar reads', async () => {
    const { content, name, mediaType } = await download(join(data, 'many'))
    expect([name, mediaType]).toEqual(['many.tar', 'application/x-tar'])
    const archive = join(fixture.directory, 'many.tar')
    writeFileSync(archive, await buffer(content))
    const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trim().split('\n')
    expect(listed).toHaveLength(301)
  })

  test('of what has no content is refused', async () => {
    await expect(download(join(data, 'link'))).rejects.toMatchObject({ code: 'SNAPSHOT_ENTRY_UNSUITABLE' })
    await expect(download('/nothing')).rejects.toMatchObject({ code: 'PATH_UNKNOWN' })
  })

  test('that is not read is not made; stopped, it gives its lock back', async () => {
    const stop = new AbortController()
    const { content } = await download(join(data, 'large.bin'), withSignal(ctx, stop.signal))
    const locked = await fixture.open('first')
    await pause(200)
    expect(await listLocks(locked, ctx)).toHaveLength(1)
    // what is in the buffers, not all of it
    expect(content.readableLength).toBeLessThan(large.length / 2)
    stop.abort()
    await expect(buffer(content)).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await expect.poll(() => listLocks(locked, ctx)).toEqual([])
  })

  test('whose client is gone before anything was sent ends by itself', async () => {
    const stop = new AbortController()
    const { content } = await download(join(data, 'large.bin'), withSignal(ctx, stop.signal))
    stop.abort()
    // nobody listens for its error yet: that would end the server
    await new Promise<void>((resolve) => content.once('close', resolve))
    expect(content.errored).toMatchObject({ code: 'INTERRUPTED' })
  })

  test('fails in the middle when the data cannot be read', async () => {
    const { content } = await download(join(data, 'large.bin'))
    const packs = join(fixture.repositoryPath('first'), 'data')
    renameSync(packs, `${packs}-away`)
    try {
      await expect(buffer(content)).rejects.toMatchObject({ code: expect.stringMatching(/^(?:STORAGE|REPOSITORY)_/) })
    } finally {
      renameSync(`${packs}-away`, packs)
    }
  })
})

describe('snapshots', () => {
  test('are described, and unknown where a caller may not see them', async () => {
    const found = await reader.ask({ type: 'describe-snapshot', repository, snapshot: snapshot.slice(0, 8) }, ctx)
    expect(found).toMatchObject({ id: snapshot, source: 'web', paths: [data], isPinned: false, files: 303 })
    const hidden = { type: 'describe-snapshot', repository, snapshot, sources: ['other'] } as const
    await expect(reader.ask(hidden, ctx)).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
    const hiddenFiles = { type: 'list-directory', repository, snapshot, sources: [], path: '/', limit: 1 } as const
    await expect(reader.ask(hiddenFiles, ctx)).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
  })

  test('that came later, and after a prune, are found without a restart', async () => {
    await list('/')
    writeFileSync(join(data, 'new'), 'new')
    const later = await backUp()
    const page = { type: 'list-directory', repository, path: data, limit: 10 } as const
    expect((await reader.ask({ ...page, snapshot: later }, ctx)).entries.map(({ name }) => name)).toContain('new')
    const compared = { type: 'compare-snapshots', repository, snapshot, other: later, limit: 10 } as const
    expect(await reader.ask(compared, ctx)).toMatchObject({
      changes: [{ change: '+', path: `${data}/new` }],
      total: 1,
      added: { files: 1 },
    })
    runRestic('forget', later, '--prune', '--max-unused', '0')
    await expect(reader.ask({ ...page, snapshot: later }, ctx)).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
    expect(digestOf(await buffer((await download(join(data, 'large.bin'))).content))).toBe(digestOf(large))
  })
})

test('many who look into a repository at once share one index, also when it has to be read anew', async () => {
  await using held = createHeldRepositories(fixture.machine)
  const indices = async (): Promise<number> => {
    const looking = Array.from({ length: 6 }, () => held.look({ repository, snapshot }, ctx))
    return new Set((await Promise.all(looking)).map(({ opened }) => opened)).size
  }
  expect(await indices()).toBe(1)
  // as after a prune: the files that it was made of are gone
  const folder = join(fixture.repositoryPath('first'), 'index')
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  runRestic('rebuild-index')
  expect(await indices()).toBe(1)
})

test('a wrong password and a repository that is away are told, and asked again once they are mended', async () => {
  await using own = createSnapshotReader({ machine: factsOf(fixture) })
  const wrong = { ...repository, password: { text: 'wrong' } }
  const question = { type: 'describe-snapshot', snapshot } as const
  await expect(own.ask({ ...question, repository: wrong }, ctx)).rejects.toMatchObject({
    code: 'REPOSITORY_PASSWORD_WRONG',
  })
  const away = { ...repository, location: join(fixture.directory, 'nowhere') }
  await expect(own.ask({ ...question, repository: away }, ctx)).rejects.toMatchObject({ code: 'REPOSITORY_MISSING' })
  expect((await own.ask({ ...question, repository }, ctx)).id).toBe(snapshot)
})

test('the process is started by a question, ends when nobody asks, and its death is told to those who wait', async () => {
  await using own = createSnapshotReader({ machine: factsOf(fixture), idleMs: 300 })
  expect(own.pid()).toBeUndefined()
  const question = { type: 'describe-snapshot', repository, snapshot } as const
  await own.ask(question, ctx)
  const first = own.pid() ?? 0
  expect(first).toBeGreaterThan(0)
  await expect.poll(() => isThere(first)).toBe(false)
  expect(own.pid()).toBeUndefined()
  const waiting = own.ask(question, ctx)
  process.kill(own.pid() ?? 0, 'SIGKILL')
  await expect(waiting).rejects.toMatchObject({ code: 'SNAPSHOT_READER_STOPPED', retryable: true })
  expect((await own.ask(question, ctx)).id).toBe(snapshot)
})
