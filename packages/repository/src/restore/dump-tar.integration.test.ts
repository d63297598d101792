import { execFileSync } from 'node:child_process'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { BlobIndex } from '../engine/blob-index.ts'
import { loadIndex } from '../engine/load-index.ts'
import { encodeTree } from '../format/tree.ts'
import type { Repository } from '../repository.ts'
import { resolvePath } from '../tree/resolve-path.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import { dumpFile } from './dump-file.ts'
import { dumpTar } from './dump-tar.ts'
import { HandmadeRepository, plainNode } from './testing/handmade-repository.ts'
import { initByRestic, newestTree, openResticRepository, restic } from './testing/restic-repository.ts'
import { makeSampleTree } from './testing/sample-tree.ts'
import { listTree, treeDifferences } from './testing/tree-listing.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-dump-'))
const source = join(root, 'source')
const ctx = quietContext()
let repository: Repository
let index: BlobIndex
let tree = ''

beforeAll(async () => {
  makeSampleTree(source)
  const path = join(root, 'repository')
  await initByRestic(path, root)
  restic(path, root, 'backup', 'source')
  repository = await openResticRepository(path, ctx)
  index = await loadIndex(repository, ctx)
  tree = await newestTree(repository, ctx)
})

afterAll(() => rmSync(root, { recursive: true, force: true }))

it('makes an archive that GNU tar unpacks to the same tree', async () => {
  const archive = join(root, 'all.tar')
  const out = join(root, 'unpacked')
  mkdirSync(out)
  await pipeline(dumpTar(repository, index, { tree, path: Buffer.from('/') }, ctx), createWriteStream(archive))
  const flags = [
    '--same-permissions',
    '--same-owner',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
    '--delay-directory-restore',
  ]
  execFileSync('tar', ['-xf', archive, '-C', out, ...flags])
  expect(treeDifferences(listTree(source), listTree(join(out, 'source')))).toEqual([])
})

it('calls the entries of a part by their paths in the snapshot', async () => {
  const found = await resolvePath(createTreeSource(repository, index), tree, '/source/links', 'latest', ctx)
  const archive = join(root, 'part.tar')
  const { path, node, treeId = '' } = found
  const part = { tree: treeId, path, ...(node === undefined ? {} : { node }) }
  await pipeline(dumpTar(repository, index, part, ctx), createWriteStream(archive))
  const names = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).trim().split('\n')
  expect(names).toContain('source/links/')
  expect(names).toContain('source/links/big-two')
  expect(names.every((name) => name.startsWith('source/links/'))).toBe(true)
})

it('gives the content of one file, in order', async () => {
  const { node } = await resolvePath(createTreeSource(repository, index), tree, '/source/files/large', 'latest', ctx)
  if (node === undefined) throw new Error('the file is in the snapshot')
  const target = join(root, 'large')
  await pipeline(dumpFile(repository, index, node, ctx), createWriteStream(target))
  expect(readFileSync(target).equals(readFileSync(join(source, 'files/large')))).toBe(true)
})

it('ends with an error, not with a shorter archive, when content cannot be read', async () => {
  const made = new HandmadeRepository()
  const id = made.add('data', 'not what it says', { id: 'ab'.repeat(32) })
  const top = made.add('tree', encodeTree([plainNode('bad', { size: 16, content: [id] })]))
  await made.store(ctx)
  const drain = async (): Promise<void> => {
    const madeIndex = await loadIndex(made.repository, ctx)
    for await (const _chunk of dumpTar(made.repository, madeIndex, { tree: top, path: Buffer.from('/') }, ctx));
  }
  const error: unknown = await drain().catch((caught: unknown) => caught)
  expect(isAppError(error, 'REPOSITORY_DAMAGED')).toBe(true)
})
