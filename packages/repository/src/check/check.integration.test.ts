import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goldenNames, goldenPassword, loadGolden } from '../golden/golden-repository.ts'
import { packsOf } from '../golden/repository-content.ts'
import { type IndexPack } from '../format/index-file.ts'
import { openRepository } from '../open/open-repository.ts'
import { readUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { storeIndex } from '../tree/built-repository.ts'
import { makeResticSample, resticPrograms, type ResticSample } from '../tree/restic-sample-fixture.ts'
import type { CheckReport, ReadData } from './check-options.ts'
import { check } from './check.ts'

const ctx = quietContext()

describe.each(goldenNames)('a sound repository made by %s, read through the backend', (name) => {
  test('has no errors, however it is checked', async () => {
    const repository = await openRepository(await loadGolden(name, ctx), goldenPassword, {}, ctx)
    const full = await check(repository, { readData: 'all' }, ctx)
    const structure = await check(repository, { readData: 'none', unused: true }, ctx)
    expect([...full.findings, ...structure.findings]).toEqual([])
    expect(full.packsRead).toBe(full.packs)
    expect(full.trees).toBe(structure.trees)
    expect(full.snapshots).toBe(2)
  })
})

const makers = resticPrograms().flatMap((program) => [1, 2].map((version) => ({ program, version }) as const))

describe.each(makers)(
  'a sound repository of version $version made by $program on a local disk',
  ({ program, version }) => {
    test('has no errors, and every part of it is read once', async () => {
      const sample = await makeResticSample(program, version === 1 ? 1 : 2)
      try {
        const repository = await openRepository(createLocalBackend(sample.path), sample.password, {}, ctx)
        const reports: CheckReport[] = []
        for (const part of [1, 2, 3]) reports.push(await check(repository, { readData: { part, of: 3 } }, ctx))
        const full = await check(repository, { readData: 'all', unused: true }, ctx)
        expect([...reports, full].flatMap(({ findings }) => findings)).toEqual([])
        expect(reports.reduce((sum, { packsRead }) => sum + packsRead, 0)).toBe(full.packs)
        expect(full.packsRead).toBe(full.packs)
        const unsorted = fs.readdirSync(join(sample.path, 'data'), { recursive: true, withFileTypes: true })
        const stored = unsorted
          .filter((entry) => entry.isFile())
          .map((e) => fs.statSync(join(e.parentPath, e.name)).size)
        expect(full.bytesRead).toBe(stored.reduce((sum, size) => sum + size, 0))
      } finally {
        sample.remove()
      }
    })
  },
)

describe('a repository with a fault', () => {
  let sample: ResticSample
  let copies = ''

  beforeAll(async () => {
    sample = await makeResticSample('restic', 2)
    copies = fs.mkdtempSync(join(tmpdir(), 'check-faults-'))
  })
  afterAll(() => {
    sample.remove()
    fs.rmSync(copies, { recursive: true, force: true })
  })

  interface Damaged {
    readonly root: string
    readonly repository: Repository
    readonly packs: readonly IndexPack[]
    readonly indexNames: readonly string[]
  }

  async function copyOf(): Promise<Damaged> {
    const root = fs.mkdtempSync(join(copies, 'r-'))
    fs.cpSync(sample.path, root, { recursive: true })
    const repository = await openRepository(createLocalBackend(root), sample.password, {}, ctx)
    const indexNames = fs.readdirSync(join(root, 'index'))
    const packs: IndexPack[] = []
    for (const name of indexNames) {
      // restic lists a pack's blobs in no particular order
      const named = packsOf(await readUnpacked(repository, { type: 'index', name }, ctx))
      packs.push(...named.map(({ id, blobs }) => ({ id, blobs: blobs.toSorted((a, b) => a.offset - b.offset) })))
    }
    return { root, repository, packs, indexNames }
  }

  function change(path: string, edit: (bytes: Buffer) => Buffer | void): void {
    fs.chmodSync(path, 0o600)
    const bytes = fs.readFileSync(path)
    fs.writeFileSync(path, edit(bytes) ?? bytes)
  }

  const flip =
    (at: number) =>
    (bytes: Buffer): void => {
      const position = at < 0 ? bytes.length + at : at
      bytes[position] = (bytes[position] ?? 0) ^ 0x10
    }

  const packPath = ({ root }: Damaged, id: string): string => join(root, 'data', id.slice(0, 2), id)
  const packOf = ({ packs }: Damaged, type: 'tree' | 'data'): IndexPack => {
    const found = packs.find(({ blobs }) => blobs[0]?.type === type && blobs.length > 1)
    if (found === undefined) throw new Error(`the sample has no ${type} pack`)
    return found
  }

  async function kindsOf({ repository }: Damaged, readData: ReadData): Promise<Set<string>> {
    const { findings } = await check(repository, { readData, workers: 2 }, ctx)
    return new Set(findings.map(({ kind }) => kind))
  }

  async function findingsOf({ repository }: Damaged, readData: ReadData): Promise<Record<string, string[]>> {
    const { findings } = await check(repository, { readData, workers: 2 }, ctx)
    const found: Record<string, string[]> = {}
    for (const { kind, id } of findings) (found[kind] ??= []).push(id)
    return found
  }

  test('names the pack and the blob when a byte of a small blob has changed', async () => {
    const copy = await copyOf()
    const pack = packOf(copy, 'data')
    const blob = pack.blobs.find(({ length }) => length < 16_000)!
    change(packPath(copy, pack.id), flip(blob.offset + 20))
    expect(await findingsOf(copy, 'all')).toEqual({ 'pack-content-wrong': [pack.id], 'blob-damaged': [blob.id] })
    expect(await kindsOf(copy, 'none')).toEqual(new Set())
  })

  test('names the pack and the blob when a byte of a large blob has changed', async () => {
    const copy = await copyOf()
    const pack = copy.packs.find(({ blobs }) => blobs.some(({ length }) => length > 500_000))!
    const blob = pack.blobs.find(({ length }) => length > 500_000)!
    change(packPath(copy, pack.id), flip(blob.offset + blob.length - 1))
    expect(await findingsOf(copy, 'all')).toEqual({ 'pack-content-wrong': [pack.id], 'blob-damaged': [blob.id] })
  })

  test('names the tree too when a byte of one has changed, also without reading data', async () => {
    const copy = await copyOf()
    const pack = packOf(copy, 'tree')
    const blob = pack.blobs[0]!
    change(packPath(copy, pack.id), flip(blob.offset + 40))
    expect(await findingsOf(copy, 'all')).toEqual({
      'pack-content-wrong': [pack.id],
      'blob-damaged': [blob.id],
      'tree-damaged': [blob.id],
    })
    expect(await findingsOf(copy, 'none')).toEqual({ 'tree-damaged': [blob.id] })
  })

  test.each([
    ['header', -60],
    ['length of the header', -1],
    ['length of the header, by little', -4],
  ])('tells a damaged %s from damaged blobs', async (_what, at) => {
    const copy = await copyOf()
    const pack = packOf(copy, 'data')
    change(packPath(copy, pack.id), flip(at))
    expect(await findingsOf(copy, 'all')).toEqual({ 'pack-content-wrong': [pack.id], 'pack-header-damaged': [pack.id] })
  })

  test('names an index file whose content has changed, and what is lost with it', async () => {
    const copy = await copyOf()
    const [name = ''] = copy.indexNames
    change(join(copy.root, 'index', name), flip(100))
    const found = await findingsOf(copy, 'none')
    expect(found['index-damaged']).toEqual([name])
    expect(Object.keys(found)).toEqual(expect.arrayContaining(['pack-orphaned', 'tree-missing']))
  })

  test.each([
    ['snapshots', 'snapshot-damaged'],
    ['keys', 'key-damaged'],
  ])('names a file in %s whose content has changed or that was cut', async (folder, kind) => {
    for (const edit of [flip(80), (bytes: Buffer) => bytes.subarray(0, 50)]) {
      const copy = await copyOf()
      const [name = ''] = fs.readdirSync(join(copy.root, folder))
      change(join(copy.root, folder, name), edit)
      expect(await findingsOf(copy, 'none')).toEqual({ [kind]: [name] })
    }
  })

  test('finds a config that has changed since the repository was opened', async () => {
    const copy = await copyOf()
    change(join(copy.root, 'config'), flip(40))
    expect(await findingsOf(copy, 'none')).toEqual({ 'config-damaged': ['config'] })
  })

  test('notices a pack that was cut, or has grown, without reading it', async () => {
    for (const edit of [
      (bytes: Buffer) => bytes.subarray(0, bytes.length - 1),
      (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(0)]),
      () => Buffer.alloc(0),
    ]) {
      const copy = await copyOf()
      const pack = packOf(copy, 'data')
      change(packPath(copy, pack.id), edit)
      expect(await findingsOf(copy, 'none')).toEqual({ 'pack-size-wrong': [pack.id] })
      const found = await findingsOf(copy, 'all')
      expect(found['pack-content-wrong']).toEqual([pack.id])
      expect(found['pack-header-damaged']).toEqual([pack.id])
    }
  })

  test('notices a pack that is gone', async () => {
    const copy = await copyOf()
    const [data, tree] = [packOf(copy, 'data'), packOf(copy, 'tree')]
    fs.rmSync(packPath(copy, data.id))
    expect(await findingsOf(copy, 'all')).toEqual({ 'pack-missing': [data.id] })
    fs.rmSync(packPath(copy, tree.id))
    const found = await findingsOf(copy, 'none')
    expect(found['pack-missing']?.toSorted()).toEqual([data.id, tree.id].toSorted())
    expect(found['tree-damaged']).toBeDefined()
  })

  test('notices two packs that have exchanged their names', async () => {
    const copy = await copyOf()
    const [a, b] = [packOf(copy, 'data'), packOf(copy, 'tree')]
    fs.renameSync(packPath(copy, a.id), join(copy.root, 'between'))
    fs.renameSync(packPath(copy, b.id), packPath(copy, a.id))
    fs.renameSync(join(copy.root, 'between'), packPath(copy, b.id))
    const found = await findingsOf(copy, 'all')
    expect(found['pack-content-wrong']?.toSorted()).toEqual([a.id, b.id].toSorted())
    expect(found['pack-header-differs']?.toSorted()).toEqual([a.id, b.id].toSorted())
    expect(found['pack-size-wrong']?.toSorted()).toEqual([a.id, b.id].toSorted())
    expect(found['blob-damaged']).toBeUndefined()
  })

  test('notices an index file that is gone by what it is missed for', async () => {
    const copy = await copyOf()
    for (const name of copy.indexNames) {
      const one = await copyOf()
      fs.rmSync(join(one.root, 'index', name))
      const kinds = await kindsOf(one, 'none')
      expect(kinds.has('tree-missing') || kinds.has('blob-missing')).toBe(true)
      expect(kinds.has('pack-orphaned')).toBe(true)
    }
  })

  async function replaceIndex(copy: Damaged, packs: readonly IndexPack[]): Promise<void> {
    for (const name of copy.indexNames) fs.rmSync(join(copy.root, 'index', name))
    await storeIndex(copy.repository, packs, ctx)
  }

  test('notices an index that lies about an offset', async () => {
    const copy = await copyOf()
    const pack = packOf(copy, 'data')
    const blobs = pack.blobs.map((blob, at) => (at === 1 ? { ...blob, offset: blob.offset + 1 } : blob))
    await replaceIndex(
      copy,
      copy.packs.map((each) => (each.id === pack.id ? { ...each, blobs } : each)),
    )
    expect(await findingsOf(copy, 'none')).toEqual({ 'index-wrong': [pack.id] })
    expect(await findingsOf(copy, 'all')).toEqual({ 'index-wrong': [pack.id], 'pack-header-differs': [pack.id] })
  })

  test('notices an index that has exchanged two blobs', async () => {
    const copy = await copyOf()
    const pack = packOf(copy, 'data')
    const [first, second] = [pack.blobs[0]!, pack.blobs[1]!]
    const blobs = pack.blobs.map((blob) =>
      blob.id === first.id ? { ...blob, id: second.id } : blob.id === second.id ? { ...blob, id: first.id } : blob,
    )
    await replaceIndex(
      copy,
      copy.packs.map((each) => (each.id === pack.id ? { ...each, blobs } : each)),
    )
    expect(await findingsOf(copy, 'all')).toEqual({ 'pack-header-differs': [pack.id] })
  })

  test('notices an index that leaves out a blob, and one that claims more than a pack has', async () => {
    const copy = await copyOf()
    const pack = packOf(copy, 'data')
    const last = pack.blobs.at(-1)!
    const versions = [
      pack.blobs.slice(0, -1),
      pack.blobs.slice(0, 1),
      [...pack.blobs.slice(0, -1), { ...last, length: 0xffffffff }],
    ]
    for (const blobs of versions) {
      const one = await copyOf()
      await replaceIndex(
        one,
        one.packs.map((each) => (each.id === pack.id ? { ...each, blobs } : each)),
      )
      const found = await findingsOf(one, 'all')
      expect(found['pack-size-wrong']).toEqual([pack.id])
      expect(found['pack-header-differs']).toEqual([pack.id])
      expect(found['blob-damaged']).toBeUndefined()
    }
  })

  test('gives a hint, not an error, when two index files name the same packs', async () => {
    const copy = await copyOf()
    await storeIndex(copy.repository, copy.packs.toReversed(), ctx)
    const { errors, findings } = await check(copy.repository, { readData: 'all' }, ctx)
    expect(errors).toBe(0)
    expect(findings.map(({ id }) => id).toSorted()).toEqual(copy.packs.map(({ id }) => id).toSorted())
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['pack-indexed-twice']))
  })

  test('lists blobs that no snapshot needs any more, when asked', async () => {
    const copy = await copyOf()
    const [name = ''] = fs.readdirSync(join(copy.root, 'snapshots'))
    fs.rmSync(join(copy.root, 'snapshots', name))
    const { errors, findings } = await check(copy.repository, { readData: 'all', unused: true }, ctx)
    expect(errors).toBe(0)
    expect(findings.length).toBeGreaterThan(0)
    expect(findings.every(({ kind, severity }) => kind === 'blob-unused' && severity === 'hint')).toBe(true)
  })
})
