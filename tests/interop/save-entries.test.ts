/** Backups of what a connector yields. Long because each kind of entry and each way of failing has its own source. */
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Event } from '@holdfast/core/events/event'
import { parseTree } from '@holdfast/repository/format/tree'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import type { SaveReport, SaveRequest, SourceEntry } from '@holdfast/repository/save/save-request'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { readBlob } from '@holdfast/repository/tree/read-blob'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { afterAll, describe, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import { createScenarioRepository } from '../scenario/scenario-repository.ts'
import { openScratch } from '../scenario/scratch.ts'
import { checkErrors, restoreTo, saveRequest, snapshotIdOf } from '../scenario/verbs.ts'
import { programs, resticOn } from './restic.ts'

const scratch = openScratch()
afterAll(() => scratch[Symbol.dispose]())
const ctx = quietContext()
const random = new SeededRandom(11)
const mebi = 1 << 20
const root = 'postgresql/shop'
const modifiedAt = new Date('2026-01-02T03:04:05Z')

type Extra = Partial<SaveRequest> & {
  readonly onInspected?: (path: string, messages: readonly string[]) => void
  readonly inspector?: { readonly module: string; readonly options: unknown }
}

function entriesRequest(entries: AsyncIterable<SourceEntry>, { onInspected, inspector, ...extra }: Extra = {}) {
  const source = {
    type: 'entries',
    path: `/${root}`,
    entries,
    ...(onInspected === undefined ? {} : { onInspected }),
    ...(inspector === undefined ? {} : { inspector }),
  } as const
  return saveRequest([scratch.path], { ...extra, source })
}

async function* each(entries: readonly SourceEntry[]): AsyncGenerator<SourceEntry> {
  yield* entries
}

const newRepository = (): Promise<Repository> => createScenarioRepository(createMemoryBackend(), ctx)

function saveEach(repository: Repository, entries: readonly SourceEntry[], extra: Extra = {}): Promise<SaveReport> {
  return save([repository], entriesRequest(each(entries), extra), ctx)
}

const bytesEntry = (path: string, bytes: Uint8Array): SourceEntry => ({
  kind: 'file',
  path,
  mode: 0o600,
  modifiedAt,
  content: { type: 'bytes', bytes },
})

async function* pieces(content: Buffer, size = 70_001): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

const streamEntry = (path: string, chunks: AsyncIterable<Uint8Array>): SourceEntry => ({
  kind: 'file',
  path,
  mode: 0o640,
  modifiedAt,
  uid: 26,
  gid: 27,
  content: { type: 'stream', chunks },
})

const localEntry = (path: string, localPath: string): SourceEntry => ({
  kind: 'file',
  path,
  mode: 0o600,
  modifiedAt,
  content: { type: 'local', path: localPath },
})

function localFile(content: Uint8Array): string {
  const path = scratch.place('local')
  fs.writeFileSync(path, content)
  return path
}

/** Long before any backup. */
function age(path: string): void {
  fs.utimesSync(path, new Date('2020-01-01'), new Date('2020-01-01'))
}

async function expectRefused(saving: Promise<unknown>, repository: Repository, code: string): Promise<void> {
  await expect(saving).rejects.toMatchObject({ code })
  expect(await listSnapshots(repository, {}, ctx)).toEqual([])
}

describe('entries of every kind', () => {
  const contents: Record<string, Buffer> = {
    'small bytes': random.bytes(1000),
    'no bytes': Buffer.alloc(0),
    'large bytes': random.bytes(9 * mebi),
    'small stream': random.bytes(200_000),
    'no stream': Buffer.alloc(0),
    'stream of 4 MiB': random.bytes(4 * mebi),
    'stream of 4 MiB and a byte': random.bytes(4 * mebi + 1),
    'large stream': Buffer.concat([random.bytes(20 * mebi), Buffer.alloc(3 * mebi)]),
    'small local': random.bytes(5000),
    'no local': Buffer.alloc(0),
    'local of 8 MiB': random.bytes(8 * mebi),
    'large local': random.bytes(30 * mebi),
  }
  const localPaths = new Map(
    Object.entries(contents).map(([name, bytes]) => [name, name.includes('local') ? localFile(bytes) : '']),
  )
  const entries = (): SourceEntry[] => [
    ...Object.entries(contents).map(([name, bytes]) => {
      const path = `${root}/data/${name}`
      if (name.includes('bytes')) return bytesEntry(path, bytes)
      return name.includes('stream') ? streamEntry(path, pieces(bytes)) : localEntry(path, localPaths.get(name) ?? '')
    }),
    bytesEntry(`${root}/z\u{10000}`, Buffer.from('beyond')),
    bytesEntry(`${root}/z\ufffd`, Buffer.from('replacement')),
    bytesEntry(`${root}/"quoted\\\n`, Buffer.from('quoted')),
    { kind: 'symlink', path: `${root}/data/link`, mode: 0o777, modifiedAt, linkTarget: '../"tablespaces"/ü' },
    { kind: 'directory', path: `${root}/data`, mode: 0o700, modifiedAt, uid: 26 },
    { kind: 'directory', path: `${root}/empty`, mode: 0o750, modifiedAt },
  ]

  test.each(programs)(
    'are restored as they were, by Holdfast and by %s, and a second backup adds nothing',
    async (program) => {
      const place = scratch.place('repository')
      const repository = await createScenarioRepository(createLocalBackend(place), ctx)
      const first = await saveEach(repository, entries())
      const second = await saveEach(repository, entries())
      expect(first).toMatchObject({ filesNew: 15, filesTotal: 15, dirsNew: 5, dirsUnmodified: 0 })
      expect(second).toMatchObject({
        filesUnmodified: 15,
        dirsUnmodified: 5,
        tree: first.tree,
        bytesTotal: first.bytesTotal,
      })
      expect(second.repositories[0]).toMatchObject({ dataBlobs: 0, treeBlobs: 0, parentId: snapshotIdOf(first) })
      expect(first.bytesTotal).toBe(Object.values(contents).reduce((sum, { length }) => sum + length, 23))
      const [ours, theirs] = [scratch.place('ours'), scratch.place('theirs')]
      await restoreTo(repository, snapshotIdOf(second), ours, {}, ctx)
      const restic = resticOn(program, place)
      await restic(['check', '--read-data'])
      await restic(['restore', snapshotIdOf(second), '--target', theirs])
      for (const target of [ours, theirs]) {
        for (const [name, bytes] of Object.entries(contents)) {
          expect(fs.readFileSync(join(target, root, 'data', name)).equals(bytes), name).toBe(true)
        }
        expect(fs.readFileSync(join(target, root, 'z\u{10000}'), 'utf8')).toBe('beyond')
        expect(fs.readFileSync(join(target, root, '"quoted\\\n'), 'utf8')).toBe('quoted')
        expect(fs.readlinkSync(join(target, root, 'data/link'))).toBe('../"tablespaces"/ü')
        expect(fs.readdirSync(join(target, root, 'empty'))).toEqual([])
        expect(fs.statSync(join(target, root, 'data')).mode & 0o7777).toBe(0o700)
        const stats = fs.statSync(join(target, root, 'data/large stream'))
        expect({ mode: stats.mode & 0o7777, mtime: stats.mtime }).toEqual({ mode: 0o640, mtime: modifiedAt })
        expect(fs.statSync(join(target, root, 'data/no local')).mode & 0o7777).toBe(0o600)
      }
      expect(await restic(['ls', 'latest', `/${root}/data/large local`])).toContain('large local')
    },
  )

  test('are cut where files of the same content are cut', async () => {
    const repository = await newRepository()
    await saveEach(repository, entries())
    const directory = scratch.place('files')
    fs.mkdirSync(directory)
    for (const [name, bytes] of Object.entries(contents)) fs.writeFileSync(join(directory, name), bytes)
    const report = await save([repository], saveRequest([directory]), ctx)
    expect(report.repositories[0]).toMatchObject({ dataBlobs: 0 })
  })

  test('are told of as others are', async () => {
    const events: Event[] = []
    const telling = quietContext({ emit: (event) => events.push(event) })
    await save([await newRepository()], entriesRequest(each(entries()), { verbose: true }), telling)
    const last = events.findLast((event) => event.type === 'backup.progressed')
    expect(last).toMatchObject({ filesDone: 15, errors: 0 })
    expect(events.filter((event) => event.type === 'item.processed').length).toBe(15)
  })
})

describe('settling', () => {
  test('lets the source go on only when everything before has been read', async () => {
    const repository = await newRepository()
    const paths = [1000, 9 * mebi, 20 * mebi].map((size) => localFile(random.bytes(size)))
    const before = paths.map((path) => fs.readFileSync(path))
    async function* entries(): AsyncGenerator<SourceEntry> {
      for (const [i, path] of paths.entries()) yield localEntry(`${root}/${i}`, path)
      yield { kind: 'settle' }
      // what is not read by now is read as zeros
      for (const path of paths) fs.writeFileSync(path, Buffer.alloc(fs.statSync(path).size))
      yield bytesEntry(`${root}/backup_label`, Buffer.from('label'))
    }
    const report = await save([repository], entriesRequest(entries()), ctx)
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)
    for (const [i, bytes] of before.entries()) {
      expect(fs.readFileSync(join(target, root, String(i))).equals(bytes)).toBe(true)
    }
  })

  test('comes after what an inspector found, in parts that several threads read, also in records that are cut in two', async () => {
    const recordBytes = 8192
    const content = random.bytes(40 * mebi)
    const bad: number[] = []
    for (let record = 0; record < content.length / recordBytes; record++) {
      const isBad = record % 37 === 5
      content[(record + 1) * recordBytes - 1] = isBad ? 1 : 0
      if (isBad) bad.push(record)
    }
    const small = Buffer.alloc(3 * recordBytes, 1)
    const [large, little] = [localFile(content), localFile(small)]
    const found: string[] = []
    let foundAtSettle = 0
    async function* entries(): AsyncGenerator<SourceEntry> {
      yield localEntry(`${root}/large`, large)
      yield localEntry(`${root}/small`, little)
      yield { kind: 'settle' }
      foundAtSettle = found.length
      yield bytesEntry(`${root}/manifest.json`, Buffer.from(JSON.stringify(found)))
    }
    const repository = await newRepository()
    const module = new URL('../scenario/record-inspector.ts', import.meta.url).href
    const meetingPlace = scratch.place('meeting')
    fs.mkdirSync(meetingPlace)
    const onInspected = (path: string, messages: readonly string[]): void => {
      for (const message of messages) found.push(`${path}: ${message}`)
    }
    const request = (workers: number, more: object): SaveRequest =>
      entriesRequest(entries(), { inspector: { module, options: { recordBytes, ...more } }, onInspected, workers })
    const report = await save([repository], request(3, { meetingPlace }), ctx)
    const numbers = (file: string, { inspected } = report): number[] =>
      inspected
        .filter(({ path }) => path === `${root}/${file}`)
        .map(({ message }) => Number(/record (\d+)/.exec(message)?.[1]))
        .toSorted((a, b) => a - b)
    expect(numbers('large')).toEqual(bad)
    expect(numbers('small')).toEqual([0, 1, 2])
    expect(foundAtSettle).toBe(bad.length + 3)
    expect(new Set(report.inspected.map(({ message }) => /thread \d+/.exec(message)?.[0])).size).toBeGreaterThan(1)
    // the content is in the repository now: what is read, here by one thread in one go, is looked at nevertheless
    const again = await save([repository], request(1, {}), ctx)
    expect([numbers('large', again), numbers('small', again)]).toEqual([bad, [0, 1, 2]])
    // nothing but the manifest is new: the cuts are the same
    expect(again.repositories[0]?.dataBlobs).toBe(1)
  })
})

describe('a source that ends badly', () => {
  test.each(['at once', 'in mid-stream', 'while files are read'])(
    '%s leaves no snapshot and is told to clean up',
    async (moment) => {
      const repository = await newRepository()
      let cleaned = false
      const boom = new AppError('SOURCE_EMPTY', { origin: 'a test' })
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield* pieces(random.bytes(6 * mebi))
        throw boom
      }
      async function* entries(): AsyncGenerator<SourceEntry> {
        try {
          if (moment === 'at once') throw boom
          yield localEntry(`${root}/local`, localFile(random.bytes(20 * mebi)))
          if (moment === 'in mid-stream') yield streamEntry(`${root}/stream`, broken())
          throw boom
        } finally {
          cleaned = true
        }
      }
      await expectRefused(save([repository], entriesRequest(entries()), ctx), repository, 'SOURCE_EMPTY')
      expect(cleaned).toBe(true)
    },
  )

  test('because the backup failed has its stream and itself returned', async () => {
    const returned: string[] = []
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield random.bytes(mebi)
      } finally {
        await setTimeout(10)
        returned.push('stream')
      }
    }
    async function* entries(): AsyncGenerator<SourceEntry> {
      try {
        yield streamEntry(`${root}/stream`, endless())
      } finally {
        returned.push('source')
      }
    }
    const repository = await newRepository()
    const stop = new AbortController()
    const emit = (event: Event): void => {
      if (event.type === 'backup.progressed' && event.bytesDone > 10 * mebi) stop.abort()
    }
    const saving = save([repository], entriesRequest(entries()), quietContext({ signal: stop.signal, emit }))
    await expectRefused(saving, repository, 'INTERRUPTED')
    expect(returned).toEqual(['stream', 'source'])
  })

  test('that hangs can be interrupted', async () => {
    async function* entries(): AsyncGenerator<SourceEntry> {
      yield bytesEntry(`${root}/first`, Buffer.from('x'))
      const signal = stop.signal
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const repository = await newRepository()
    const stop = new AbortController()
    const saving = save([repository], entriesRequest(entries()), quietContext({ signal: stop.signal }))
    const refused = expectRefused(saving, repository, 'INTERRUPTED')
    await setTimeout(500)
    stop.abort()
    await refused
  })

  test('without having yielded anything is no backup', async () => {
    const repository = await newRepository()
    await expectRefused(saveEach(repository, []), repository, 'SOURCE_EMPTY')
  })
})

describe('paths', () => {
  const x = (path: string): SourceEntry => bytesEntry(path, Buffer.from('x'))
  const directory = (path: string): SourceEntry => ({ kind: 'directory', path, mode: 0o755, modifiedAt })
  const refused: [string, SourceEntry[]][] = [
    ['lead out', [x('a/../../etc/passwd')]],
    ['are absolute', [x('/etc/passwd')]],
    ['have an empty name', [directory('a//b')]],
    ['hold a NUL', [{ kind: 'symlink', path: 'a\0b', mode: 0o777, modifiedAt, linkTarget: 'x' }]],
    ['come twice', [x('a/b'), x('a/b')]],
    ['come twice as directories', [directory('a'), directory('a')]],
    ['are a file and a directory', [x('a'), directory('a')]],
    ['are a directory and a file', [x('a/b'), x('a')]],
    ['lie below a file', [x('a'), x('a/b')]],
  ]
  test.each(refused)('that %s are refused', async (_title, entries) => {
    const repository = await newRepository()
    await expectRefused(saveEach(repository, entries), repository, 'SOURCE_ENTRY_REFUSED')
  })
})

describe('local files', () => {
  test('that have vanished are left out', async () => {
    const repository = await newRepository()
    const gone = scratch.place('gone')
    const report = await saveEach(repository, [
      localEntry(`${root}/gone`, gone),
      localEntry(`${root}/gone directory/gone`, gone),
      localEntry(`${root}/there`, localFile(Buffer.from('there'))),
    ])
    expect(report).toMatchObject({ filesTotal: 1, errors: [] })
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)
    expect(fs.readdirSync(join(target, root)).toSorted()).toEqual(['gone directory', 'there'])
  })

  const unreadable: [string, () => string][] = [
    ['are directories', () => dirname(localFile(Buffer.alloc(1)))],
    [
      'are links',
      () => {
        const path = scratch.place('link')
        fs.symlinkSync(localFile(Buffer.alloc(1)), path)
        return path
      },
    ],
    // root may read everything, so this stands for what the operating system refuses
    ['have names too long for it', () => join(scratch.path, 'x'.repeat(300))],
    ['lie below a file', () => join(localFile(Buffer.alloc(1)), 'x')],
  ]
  test.each(unreadable)('that %s mean that there is no snapshot', async (_title, path) => {
    const repository = await newRepository()
    const saving = saveEach(repository, [localEntry(`${root}/x`, path())])
    await expectRefused(saving, repository, 'SOURCE_FILE_UNREADABLE')
  })

  test('that changed neither before nor since the parent are not read; those that may have are', async () => {
    const repository = await newRepository()
    const [one, two] = [localFile(random.bytes(3000)), localFile(random.bytes(3000))]
    age(one)
    age(two)
    let nowMs = Date.now()
    const seen = quietContext({ now: () => new Date(nowMs) })
    const backup = (): Promise<SaveReport> => {
      const entries = each([localEntry(`${root}/one`, one), localEntry(`${root}/two`, two)])
      const inspector = {
        module: new URL('../scenario/record-inspector.ts', import.meta.url).href,
        options: { recordBytes: 1 },
      }
      return save([repository], entriesRequest(entries, { inspector, ignoreCtime: true, time: new Date(nowMs) }), seen)
    }
    const readFiles = (report: SaveReport): string[] =>
      [...new Set(report.inspected.map(({ path }) => path.slice(root.length + 1)))].toSorted()
    // records of one byte: some of 3000 random ones are 1, so what is read is what something was found in
    expect(readFiles(await backup())).toEqual(['one', 'two'])
    // ctime cannot be set: pretend that the next backup's parent began two seconds after all of it, or not quite
    const ctimeMs = Math.ceil(fs.statSync(two).ctimeMs)
    nowMs = ctimeMs + 1990
    await backup()
    expect(readFiles(await backup())).toEqual(['one', 'two'])
    nowMs = ctimeMs + 2010
    await backup()
    expect(readFiles(await backup())).toEqual([])
    // a write that leaves size and times as they were is one that only the rule can see
    fs.writeFileSync(two, random.bytes(3000))
    age(two)
    expect(readFiles(await backup())).toEqual(['two'])
  })
})

describe('large local files', () => {
  const paged = (entry: SourceEntry, isPaged: boolean): SourceEntry =>
    entry.kind === 'file' ? { ...entry, isPaged } : entry

  // the second is read by one thread as long as the first is open, and then by both
  test.each([false, true])('are whole when others end before them (pages: %s)', async (isPaged) => {
    const repository = await newRepository()
    const contents = { first: random.bytes(9 * mebi), second: random.bytes(45 * mebi + 7) }
    const entries = Object.entries(contents).map(([name, bytes]) => localEntry(`${root}/${name}`, localFile(bytes)))
    const report = await saveEach(
      repository,
      entries.map((entry) => paged(entry, isPaged)),
    )
    expect(report.bytesTotal).toBe(54 * mebi + 7)
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)
    for (const [name, bytes] of Object.entries(contents)) {
      expect(fs.readFileSync(join(target, root, name)).equals(bytes), name).toBe(true)
    }
  })

  test('and small ones of pages are cut at the same places, however they come', async () => {
    const contents = [700_000, 3 * mebi + 5, 11 * mebi].map((length) => random.bytes(length))
    const ways: ((path: string, bytes: Buffer) => SourceEntry)[] = [
      bytesEntry,
      (path, bytes) => streamEntry(path, pieces(bytes)),
      (path, bytes) => localEntry(path, localFile(bytes)),
    ]
    const repository = await newRepository()
    for (const [i, way] of ways.entries()) {
      const entries = contents.map((bytes, number) => paged(way(`${root}/${number}`, bytes), true))
      const report = await saveEach(repository, entries)
      expect(report.repositories[0]?.dataBlobs).toBe(i === 0 ? 2 + 7 + 22 : 0)
      const target = scratch.place('restored')
      await restoreTo(repository, snapshotIdOf(report), target, {}, ctx)
      for (const [number, bytes] of contents.entries()) {
        expect(fs.readFileSync(join(target, root, String(number))).equals(bytes), String(number)).toBe(true)
      }
    }
  })
})

describe('what is stored already', () => {
  test('is used as it is: whole folders and single files', async () => {
    const place = scratch.place('repository')
    const repository = await createScenarioRepository(createLocalBackend(place), ctx)
    const segments = Array.from({ length: 4 }, () => random.bytes(mebi))
    const full = segments.slice(0, 3).map((bytes, i) => bytesEntry(`${root}/wal/0/${i}`, bytes))
    const first = await saveEach(repository, [...full, bytesEntry(`${root}/wal/1/3`, segments[3] ?? Buffer.alloc(0))])
    const index = await loadIndex(repository, ctx)
    let nodes = parseTree(await readBlob(repository, index, first.tree, ctx), 'root')
    for (const name of root.split('/').concat('wal')) {
      const tree = nodes.find((node) => node.name.toString() === name)?.subtree ?? ''
      nodes = parseTree(await readBlob(repository, index, tree, ctx), tree)
    }
    const [folder, growing] = nodes
    const [segment] = parseTree(await readBlob(repository, index, growing?.subtree ?? '', ctx), 'growing')
    if (folder === undefined || segment === undefined) throw new Error('the first backup is not as expected')
    const added = random.bytes(400_000)
    const second = await saveEach(repository, [
      { kind: 'stored', path: `${root}/wal/0`, node: folder },
      { kind: 'stored', path: `${root}/wal/1/3`, node: segment },
      bytesEntry(`${root}/wal/1/4`, added),
    ])
    expect(second.repositories[0]).toMatchObject({ dataBlobs: 1, treeBlobs: 5 })
    expect(second).toMatchObject({ filesUnmodified: 1, filesNew: 1, dirsUnmodified: 1 })
    expect(await checkErrors(repository, ctx)).toEqual([])
    for (const program of programs) await resticOn(program, place)(['check', '--read-data'])
    const target = scratch.place('restored')
    await restoreTo(repository, snapshotIdOf(second), target, {}, ctx)
    const restored = ['0/0', '0/1', '0/2', '1/3', '1/4'].map((name) => fs.readFileSync(join(target, root, 'wal', name)))
    expect(restored.map((bytes, i) => bytes.equals(segments[i] ?? added))).toEqual([true, true, true, true, true])

    const other = await newRepository()
    const foreign: SourceEntry[] = [{ kind: 'stored', path: 'x', node: folder }]
    await expectRefused(saveEach(other, foreign), other, 'REPOSITORY_DAMAGED')
    const below: SourceEntry[] = [{ kind: 'stored', path: 'x', node: folder }, bytesEntry('x/y', added)]
    await expect(saveEach(repository, below)).rejects.toMatchObject({ code: 'SOURCE_ENTRY_REFUSED' })
  })
})

// oxlint-disable-next-line node/no-process-env
const many = process.env['HOLDFAST_TEST_SWEEP'] === 'full' ? 50_000 : 16_000

test(`${many} entries fit into one directory, and into a second repository at once`, async () => {
  const repositories = [await newRepository(), await newRepository()]
  async function* entries(): AsyncGenerator<SourceEntry> {
    for (let i = 0; i < many; i++) yield bytesEntry(`${root}/data/base/${i}`, Buffer.from(`content ${i % 1000}`))
  }
  const report = await save(repositories, entriesRequest(entries()), ctx)
  expect(report).toMatchObject({ filesTotal: many, filesNew: many })
  expect(report.repositories.map(({ dataBlobs }) => dataBlobs)).toEqual([1000, 1000])
  const again = await save(repositories, entriesRequest(entries()), ctx)
  expect(again).toMatchObject({ filesUnmodified: many, dirsUnmodified: 5, tree: report.tree })
  const target = scratch.place('restored')
  await restoreTo(repositories[1] ?? (await newRepository()), snapshotIdOf(again, 1), target, {}, ctx)
  expect(fs.readdirSync(join(target, root, 'data/base')).length).toBe(many)
  expect(fs.readFileSync(join(target, root, `data/base/${many - 1}`), 'utf8')).toBe('content 999')
})
