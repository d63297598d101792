import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import { loadIndex } from '../engine/load-index.ts'
import type { IndexPack } from '../format/index-file.ts'
import type { Repository } from '../repository.ts'
import {
  type BlobDraft,
  buildRepository,
  dataDraft,
  directoryNode,
  fileNode,
  storeIndex,
  storePack,
  treeDraft,
} from './built-repository.ts'
import { collectUsedBlobs } from './collect-used-blobs.ts'

const ctx = quietContext()
const directories = 3000
const missing = 'f'.repeat(64)

/** A root with many directories, each with one file; one in the middle refers to a blob that is not there. */
async function fill(repository: Repository): Promise<string> {
  const packs: IndexPack[] = []
  const nodes = []
  let drafts: BlobDraft[] = []
  for (let i = 0; i < directories; i++) {
    const data = dataDraft(`file ${i}`)
    const tree = treeDraft([fileNode('file', [data.id, ...(i === 1500 ? [missing] : [])])])
    drafts.push(data, tree)
    nodes.push(directoryNode(String(i).padStart(5, '0'), tree.id))
    if (drafts.length >= 500) {
      packs.push(await storePack(repository, drafts, ctx))
      drafts = []
    }
  }
  const root = treeDraft(nodes)
  packs.push(await storePack(repository, [...drafts, root, dataDraft('unused')], ctx))
  await storeIndex(repository, packs, ctx)
  return root.id
}

test.each(['local', 'remote'])('threads read every directory of a %s repository once', async (place) => {
  const directory = mkdtempSync(join(tmpdir(), 'visit-trees-'))
  try {
    const backend = place === 'local' ? createLocalBackend(join(directory, 'r')) : createMemoryBackend()
    await backend.create(ctx)
    const repository = buildRepository(backend)
    const root = await fill(repository)
    const index = await loadIndex(repository, ctx)
    let last = 0
    const onProgress = (trees: number): void => {
      last = trees
    }
    const { used, trees, problems } = await collectUsedBlobs(repository, index, [root], { workers: 3, onProgress }, ctx)
    expect(trees).toBe(directories + 1)
    expect(last).toBe(trees)
    expect(used.count()).toBe(2 * directories + 1)
    expect(problems).toEqual([{ kind: 'blob-missing', id: missing, treeId: expect.any(String), name: 'file' }])
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('a directory whose pack is gone is reported by the threads, and the walk goes on', async () => {
  const repository = buildRepository()
  const root = await fill(repository)
  const index = await loadIndex(repository, ctx)
  const packId = index.packIds[2] ?? ''
  await repository.backend.remove({ type: 'data', name: packId }, ctx)
  const { trees, problems } = await collectUsedBlobs(repository, index, [root], { workers: 2 }, ctx)
  expect(trees).toBe(directories + 1)
  expect(problems.filter(({ kind }) => kind === 'tree-damaged')).toHaveLength(250)
})
