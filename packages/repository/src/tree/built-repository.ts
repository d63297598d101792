import { hash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { createMasterKey } from '../format/create-master-key.ts'
import { seal } from '../format/crypto.ts'
import { encodeIndex, type IndexPack } from '../format/index-file.ts'
import type { Node } from '../format/node.ts'
import { sealPackHeader } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import { encodeSnapshot, type Snapshot } from '../format/snapshot.ts'
import { encodeTree } from '../format/tree.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'

/** For tests: what a blob is to hold. */
export interface BlobDraft {
  readonly type: 'data' | 'tree'
  readonly content: Buffer
  /** the content's hash unless given */
  readonly id?: string
}

/** For tests: a repository in memory (or elsewhere) that is put together piece by piece, also in ways no program would. */
export function buildRepository(backend: Backend = createMemoryBackend('built')): Repository {
  const config = { version: 2, id: '0'.repeat(64), chunkerPolynomial: 0x3da3358b4dc173n } as const
  return { backend, config, key: createMasterKey(), keyId: '' }
}

/** Stores a pack; the index is the caller's affair. */
export async function storePack(
  { backend, key }: Repository,
  drafts: readonly BlobDraft[],
  ctx: Context,
): Promise<IndexPack> {
  const parts: Buffer[] = []
  const blobs: PackedBlob[] = []
  let offset = 0
  for (const { type, content, id = idOf(content) } of drafts) {
    const sealed = seal(key, type === 'tree' ? zstdCompressSync(content) : content)
    const rawLength = type === 'tree' ? content.length : 0
    blobs.push({ id, type, offset, length: sealed.length, rawLength })
    offset += sealed.length
    parts.push(sealed)
  }
  const bytes = Buffer.concat([...parts, sealPackHeader(key, blobs)])
  const name = idOf(bytes)
  await backend.write({ type: 'data', name }, bytes, { content: 'data' }, ctx)
  return { id: name, blobs }
}

export async function storeIndex(repository: Repository, packs: readonly IndexPack[], ctx: Context): Promise<string> {
  return writeUnpacked(repository, 'index', encodeIndex(packs), ctx)
}

export async function storeSnapshot(repository: Repository, tree: string, ctx: Context): Promise<string> {
  const snapshot: Snapshot = {
    time: '2024-01-01T00:00:00Z',
    tree,
    paths: ['/'],
    hostname: 'built',
    username: '',
    uid: 0,
    gid: 0,
    excludes: [],
    tags: [],
    programVersion: '',
  }
  return writeUnpacked(repository, 'snapshot', encodeSnapshot(snapshot), ctx)
}

export function treeDraft(nodes: readonly Node[]): BlobDraft & { readonly id: string } {
  const content = encodeTree(nodes)
  return { type: 'tree', content, id: idOf(content) }
}

export function dataDraft(text: string): BlobDraft & { readonly id: string } {
  const content = Buffer.from(text)
  return { type: 'data', content, id: idOf(content) }
}

export function fileNode(name: string, content: readonly string[] | null): Node {
  return { ...bareNode(name), type: 'file', mode: 0o644, links: 1, content }
}

export function directoryNode(name: string, subtree: string): Node {
  return { ...bareNode(name), type: 'dir', mode: 0x80000000 + 0o755, subtree }
}

function bareNode(name: string): Omit<Node, 'type' | 'mode'> {
  return {
    name: Buffer.from(name),
    mtimeNs: 0n,
    atimeNs: 0n,
    ctimeNs: 0n,
    uid: 0,
    gid: 0,
    user: '',
    group: '',
    inode: 0n,
    deviceId: 0n,
    size: 0,
    links: 0,
    extendedAttributes: [],
    device: 0n,
    content: null,
    error: '',
  }
}

function idOf(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}
