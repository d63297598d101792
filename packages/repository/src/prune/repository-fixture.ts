import { zstdCompressSync } from 'node:zlib'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { check } from '../check/check.ts'
import { loadIndex } from '../engine/load-index.ts'
import { sha256 } from '../engine/sha256.ts'
import { seal } from '../format/crypto.ts'
import { encodeIndex, type IndexPack } from '../format/index-file.ts'
import type { Node } from '../format/node.ts'
import { sealPackHeader } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import { encodeTree } from '../format/tree.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { exampleRepository, storeSnapshot } from '../snapshot/snapshot-fixture.ts'
import { readBlob } from '../tree/read-blob.ts'
import { createTreeSource } from '../tree/tree-source.ts'

export interface PlainBlob {
  readonly type: 'data' | 'tree'
  readonly content: Buffer
  readonly compress?: boolean
}

/** For tests: stores a pack with these blobs, in this order, without an index. */
export async function storePack(
  repository: Repository,
  contents: readonly PlainBlob[],
  ctx: Context,
): Promise<IndexPack> {
  const blobs: PackedBlob[] = []
  const parts: Buffer[] = []
  let offset = 0
  for (const { type, content, compress = true } of contents) {
    const packed = compress && repository.config.version === 2
    const sealed = seal(repository.key, packed ? zstdCompressSync(content) : content)
    blobs.push({ id: sha256(content), type, offset, length: sealed.length, rawLength: packed ? content.length : 0 })
    parts.push(sealed)
    offset += sealed.length
  }
  const bytes = Buffer.concat([...parts, sealPackHeader(repository.key, blobs)])
  const id = sha256(bytes)
  await repository.backend.write({ type: 'data', name: id }, bytes, { content: 'data' }, ctx)
  return { id, blobs }
}

export function storeIndex(repository: Repository, packs: readonly IndexPack[], ctx: Context): Promise<string> {
  return writeUnpacked(repository, 'index', encodeIndex(packs), ctx)
}

/** For tests: a directory's tree with these files (lists of chunks) and directories (tree ids). */
export function treeOf(entries: Readonly<Record<string, readonly Buffer[] | string>>): PlainBlob {
  const names = Object.keys(entries).toSorted()
  return { type: 'tree', content: encodeTree(names.map((name) => nodeOf(name, entries[name] ?? []))) }
}

function nodeOf(name: string, content: readonly Buffer[] | string): Node {
  const isDirectory = typeof content === 'string'
  return {
    name: Buffer.from(name),
    type: isDirectory ? 'dir' : 'file',
    mode: isDirectory ? 0x800001ed : 0o644,
    mtimeNs: 1_000_000_000n,
    atimeNs: 1_000_000_000n,
    ctimeNs: 1_000_000_000n,
    uid: 0,
    gid: 0,
    user: '',
    group: '',
    inode: 1n,
    deviceId: 1n,
    size: isDirectory ? 0 : content.reduce((sum, part) => sum + part.length, 0),
    links: isDirectory ? 0 : 1,
    extendedAttributes: [],
    device: 0n,
    content: isDirectory ? null : content.map(sha256),
    ...(isDirectory ? { subtree: content } : {}),
    error: '',
  }
}

export function dataOf(content: Buffer): PlainBlob {
  return { type: 'data', content }
}

/** For tests: a chunk that compresses, recognisable by its text. */
export function chunk(text: string, repeat = 50): Buffer {
  return Buffer.from(`${text} `.repeat(repeat))
}

/** Everything that the snapshots hold, read back: path → hash of the content, by time of the snapshot. */
export async function readSnapshots(
  repository: Repository,
  ctx: Context,
): Promise<Record<string, Record<string, string>>> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const index = await loadIndex(repository, ctx)
  const trees = createTreeSource(repository, index)
  const all: Record<string, Record<string, string>> = {}
  for (const { snapshot } of snapshots) {
    const files: Record<string, string> = {}
    const walk = async (tree: string, path: string): Promise<void> => {
      for (const node of await trees.read(tree, ctx)) {
        const own = `${path}/${node.name.toString()}`
        if (node.subtree !== undefined) await walk(node.subtree, own)
        if (node.content === null) continue
        const parts: Buffer[] = []
        for (const id of node.content) parts.push(await readBlob(repository, index, id, ctx))
        files[own] = sha256(Buffer.concat(parts))
      }
    }
    await walk(snapshot.tree, '')
    all[snapshot.time] = files
  }
  return all
}

/** The errors of a check that reads no packs (`readSnapshots` reads what matters). */
export async function checkErrors(repository: Repository, ctx: Context): Promise<string[]> {
  const { findings } = await check(repository, { readData: 'none' }, ctx)
  // the example repository has neither a config nor a key file
  const errors = findings.filter(
    ({ severity, object }) => severity === 'error' && object !== 'config' && object !== 'key',
  )
  return errors.map(({ kind, id }) => `${kind} ${id}`)
}

/** For tests: a backend that works for so many writes and removals, and then not at all any more. */
export function crashAfter(backend: Backend, changes: number): Backend & { readonly changes: () => number } {
  let done = 0
  let dead = false
  const change = (): void => {
    if (dead || done === changes) {
      dead = true
      alive()
    }
    done++
  }
  const alive = (): void => {
    const [action, file, reason] = ['use', 'anything', 'the test has pulled the plug']
    if (dead) throw new AppError('STORAGE_UNREACHABLE', { action, file, location: backend.location, reason })
  }
  return {
    ...backend,
    changes: () => done,
    async *list(type, ctx) {
      alive()
      yield* backend.list(type, ctx)
    },
    async read(file, range, ctx) {
      alive()
      return backend.read(file, range, ctx)
    },
    async write(file, content, hint, ctx) {
      change()
      await backend.write(file, content, hint, ctx)
    },
    async remove(file, ctx) {
      change()
      await backend.remove(file, ctx)
    },
    async flush(ctx) {
      alive()
      await backend.flush(ctx)
    },
  }
}

/** For tests: copies all files of a backend into memory, to start from the same state again. */
export async function cloneBackend(backend: Backend, ctx: Context): Promise<Backend> {
  const clone = createMemoryBackend()
  for (const type of ['data', 'index', 'key', 'lock', 'snapshot'] as const) {
    for await (const { name } of backend.list(type, ctx)) {
      const bytes = await backend.read({ type, name }, undefined, ctx)
      await clone.write({ type, name }, bytes, { content: 'data' }, ctx)
    }
  }
  return clone
}

/**
 * For tests: two snapshots (of three; the first was forgotten) with shared and own chunks, a pack of which only some is
 * used, an unused one, a mixed one, the same chunks in two packs, and an unindexed pack.
 */
export async function makeUntidyRepository(version: 1 | 2, ctx: Context): Promise<Repository> {
  const example = exampleRepository()
  const repository: Repository = { ...example, config: { ...example.config, version } }
  const chunks = Array.from({ length: 30 }, (_, i) => chunk(`chunk ${i}`))
  const part = (from: number, to: number): Buffer[] => chunks.slice(from, to)
  const below = treeOf({ shared: part(0, 6), empty: [] })
  const second = treeOf({ a: part(6, 10), below: sha256(below.content) })
  const third = treeOf({ a: part(8, 14), below: sha256(below.content), large: part(14, 20) })
  const forgotten = treeOf({ old: part(20, 30) })
  const packs = [
    await storePack(repository, [...part(0, 10), ...part(20, 24)].map(dataOf), ctx),
    await storePack(repository, part(24, 30).map(dataOf), ctx),
    await storePack(repository, [below, dataOf(chunks[10] ?? Buffer.alloc(0)), second], ctx),
    await storePack(repository, part(10, 20).map(dataOf), ctx),
    await storePack(repository, [...part(4, 8), ...part(26, 28)].map(dataOf), ctx),
    await storePack(repository, [third, forgotten], ctx),
  ]
  await storePack(repository, [dataOf(chunk('left over'))], ctx)
  await storeIndex(repository, packs.slice(0, 3), ctx)
  await storeIndex(repository, packs.slice(3), ctx)
  for (const [at, tree] of [second, third].entries()) {
    await storeSnapshot(repository, { time: `2026-11-2${at}T00:00:00Z`, tree: sha256(tree.content) }, ctx)
  }
  return repository
}
