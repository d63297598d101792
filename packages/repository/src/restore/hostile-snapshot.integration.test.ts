import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeNode } from '../format/node-json.ts'
import { encodeTree } from '../format/tree.ts'
import { restore } from './restore.ts'
import type { RestoreReport, RestoreRequest } from './restore-request.ts'
import { HandmadeRepository, plainNode } from './testing/handmade-repository.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-hostile-'))
const ctx = quietContext()
let targets = 0

afterAll(() => rmSync(root, { recursive: true, force: true }))

function newTarget(): string {
  mkdirSync(join(root, `case-${++targets}`))
  return join(root, `case-${targets}`, 'target')
}

function restoreTree(made: HandmadeRepository, tree: string, target: string): Promise<RestoreReport> {
  const flags = { delete: false, verify: false, dryRun: false, sparse: false, verbose: false }
  const request: RestoreRequest = { tree, target, overwrite: 'always', workers: 2, ...flags }
  return restore(made.repository, request, ctx)
}

function file(made: HandmadeRepository, name: string | Buffer, content: string | Buffer): string {
  return encodeNode(plainNode(name, { size: content.length, content: [made.add('data', content)] }))
}

const directory = (name: string, subtree: string): string =>
  encodeNode(plainNode(name, { type: 'dir', mode: 0x80000000 + 0o755, subtree }))

const treeOf = (...nodes: string[]): string => `{"nodes":[${nodes.join(',')}]}\n`

describe('names', () => {
  for (const name of ['..', '.', '', 'a/b', '../escape', '/absolute', 'a\\x00b', '\\x2e\\x2e', '..\\x2fescape']) {
    it(`cannot lead out of the target: ${JSON.stringify(name)}`, async () => {
      const made = new HandmadeRepository()
      const evil = file(made, 'placeholder', 'evil').replace('"placeholder"', JSON.stringify(name))
      const good = made.add('tree', treeOf(file(made, 'good', 'content')))
      const bad = made.add('tree', treeOf(evil))
      const tree = made.add('tree', treeOf(directory('a', bad), directory('b', good)))
      await made.store(ctx)
      const target = newTarget()
      const report = await restoreTree(made, tree, target)
      expect(report.errorCount).toBe(1)
      expect(readdirSync(join(target, '..'))).toEqual(['target'])
      expect(readdirSync(join(target, 'a'))).toEqual([])
      expect(readFileSync(join(target, 'b/good'), 'utf8')).toBe('content')
    })
  }

  it('that occur twice, as a link and as a directory, are refused', async () => {
    const made = new HandmadeRepository()
    const outside = join(root, 'outside')
    mkdirSync(outside)
    const below = made.add('tree', treeOf(file(made, 'escaped', 'evil')))
    const link = encodeNode(
      plainNode('x', { type: 'symlink', mode: 0x8000000 + 0o777, linkTarget: Buffer.from(outside) }),
    )
    for (const nodes of [
      [link, directory('x', below)],
      [directory('x', below), link],
    ]) {
      const tree = made.add('tree', treeOf(...nodes))
      await made.store(ctx)
      const report = await restoreTree(made, tree, newTarget())
      expect(report.errorCount).toBeGreaterThan(0)
      expect(readdirSync(outside)).toEqual([])
    }
  })

  it('of links may be any bytes', async () => {
    const made = new HandmadeRepository()
    const bytes = Buffer.from([0x61, 0xff, 0x62])
    const link = plainNode(bytes, { type: 'symlink', mode: 0x8000000 + 0o777, linkTarget: bytes })
    const tree = made.add('tree', encodeTree([link]))
    await made.store(ctx)
    const target = newTarget()
    expect((await restoreTree(made, tree, target)).errors).toEqual([])
    const [name] = readdirSync(target, 'buffer')
    expect(name).toEqual(bytes)
    expect(readlinkSync(Buffer.concat([Buffer.from(`${target}/`), bytes]), 'buffer')).toEqual(bytes)
  })
})

describe('content', () => {
  it('that is not there makes an error of exactly the files that need it', async () => {
    const made = new HandmadeRepository()
    const missing = encodeNode(plainNode('missing', { size: 5, content: ['ab'.repeat(32)] }))
    const nothing = encodeNode(plainNode('nothing', { size: 5, content: null }))
    const tree = made.add('tree', treeOf(file(made, 'good', 'fine'), missing, nothing))
    await made.store(ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report.errors.map(({ path }) => path).toSorted()).toEqual([join(target, 'missing'), join(target, 'nothing')])
    expect(readFileSync(join(target, 'good'), 'utf8')).toBe('fine')
    expect(existsSync(join(target, 'missing'))).toBe(false)
  })

  it('of another size than the snapshot says is restored as it is, and reported', async () => {
    const made = new HandmadeRepository()
    const id = made.add('data', 'eight by')
    const sizes = [3, 900_000_000_000_000, 9_000_000_000_000_000]
    const nodes = sizes.map((size) => encodeNode(plainNode(`size-${size}`, { size, content: [id] })))
    const tree = made.add('tree', treeOf(...nodes))
    await made.store(ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report.errorCount).toBe(3)
    for (const size of sizes) expect(statSync(join(target, `size-${size}`)).size).toBe(8)
  })

  it('that does not match its id, or claims to be gigantic, is refused', async () => {
    const made = new HandmadeRepository()
    const wrong = made.add('data', 'not that content', { id: 'cd'.repeat(32) })
    const node = encodeNode(plainNode('wrong', { size: 16, content: [wrong] }))
    const tree = made.add('tree', treeOf(file(made, 'good', 'fine'), node))
    await made.store(ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report.errors.map(({ path }) => path)).toEqual([join(target, 'wrong')])
    expect(existsSync(join(target, 'wrong'))).toBe(false)
    expect(readFileSync(join(target, 'good'), 'utf8')).toBe('fine')
  })

  it('in a damaged pack comes from another copy where there is one', async () => {
    const made = new HandmadeRepository()
    const [kept, lost] = [randomBytes(700_000), randomBytes(700_000)]
    const tiny = Array.from({ length: 50 }, (_, i) => `tiny ${i}`)
    const add = (): string[] => [file(made, 'kept', kept), ...tiny.map((text, i) => file(made, `t${10 + i}`, text))]
    const nodes = [...add(), file(made, 'lost', lost)].toSorted()
    await made.store(ctx, (pack) => {
      for (let at = 0; at < pack.length; at += 1000) pack.writeUInt8((pack[at] ?? 0) ^ 1, at)
    })
    add()
    const tree = made.add('tree', treeOf(...nodes))
    await made.store(ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report.errors.map(({ path }) => path)).toEqual([join(target, 'lost')])
    expect(readFileSync(join(target, 'kept'))).toEqual(kept)
    expect(readFileSync(join(target, 't59'), 'utf8')).toBe('tiny 49')
  })

  it('of a missing pack fails only its files', async () => {
    const made = new HandmadeRepository()
    const lost = file(made, 'lost', 'lost')
    const pack = await made.store(ctx)
    const tree = made.add('tree', treeOf(file(made, 'good', 'fine'), lost))
    await made.store(ctx)
    await made.repository.backend.remove({ type: 'data', name: pack }, ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report.errors.map(({ path }) => path)).toEqual([join(target, 'lost')])
    expect(readFileSync(join(target, 'good'), 'utf8')).toBe('fine')
  })
})

describe('trees', () => {
  it('that are missing or no trees fail for themselves', async () => {
    const made = new HandmadeRepository()
    const noTree = made.add('tree', 'not json at all')
    const good = made.add('tree', treeOf(file(made, 'file', 'fine')))
    const tree = made.add(
      'tree',
      treeOf(
        directory('a', 'ef'.repeat(32)),
        directory('b', noTree),
        directory('c', good),
        directory('d', good).replace(good, ''),
      ),
    )
    await made.store(ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report.errorCount).toBeGreaterThan(0)
  })

  it('deeper than a path can be end in errors, not in a crash', async () => {
    const made = new HandmadeRepository()
    let tree = made.add('tree', treeOf(file(made, 'bottom', 'x')))
    for (let i = 0; i < 30; i++) tree = made.add('tree', treeOf(directory('d'.repeat(250), tree)))
    await made.store(ctx)
    const report = await restoreTree(made, tree, newTarget())
    expect(report.errorCount).toBe(1)
    expect(report.errors[0]?.message).toContain('ENAMETOOLONG')
  })

  it('may be larger than any window, and hold names in thousands', async () => {
    const made = new HandmadeRepository()
    const id = made.add('data', 'x')
    const nodes = Array.from({ length: 30_000 }, (_, i) => plainNode(`file-${100_000 + i}`, { size: 1, content: [id] }))
    const tree = made.add('tree', encodeTree(nodes))
    await made.store(ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report).toMatchObject({ errors: [], filesRestored: 30_000 })
    expect(readdirSync(target)).toHaveLength(30_000)
  })
})

describe('hard links', () => {
  it('whose first name cannot be restored take the next', async () => {
    const made = new HandmadeRepository()
    const id = made.add('data', 'shared')
    const linked = { inode: 7n, deviceId: 1n, links: 3, size: 6 }
    const nodes = [
      plainNode('a', { ...linked, content: ['ab'.repeat(32)] }),
      plainNode('b', { ...linked, content: [id] }),
      plainNode('c', { ...linked, content: [id] }),
    ]
    const tree = made.add('tree', encodeTree(nodes))
    await made.store(ctx)
    const target = newTarget()
    const report = await restoreTree(made, tree, target)
    expect(report).toMatchObject({ errorCount: 1, filesRestored: 2 })
    expect(statSync(join(target, 'b')).ino).toBe(statSync(join(target, 'c')).ino)
    expect(readFileSync(join(target, 'c'), 'utf8')).toBe('shared')
  })
})
