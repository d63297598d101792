import { zstdCompressSync } from 'node:zlib'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import { sha256 } from '../engine/sha256.ts'
import { seal } from '../format/crypto.ts'
import type { IndexPack } from '../format/index-file.ts'
import { sealPackHeader } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import { createIndexWriter } from '../prune/rewrite-index.ts'
import type { Repository } from '../repository.ts'
import { openBlob } from '../tree/open-blob.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'

const packBytes = 16 << 20

/** Stores a few trees, on the calling thread. */
export interface TreePackWriter {
  /** Returns the tree's id; one that the repository has is not stored again. */
  add(tree: Buffer, ctx: Context): Promise<string>
  /** Returns when everything added is durable and indexed. */
  finish(ctx: Context): Promise<{ trees: number; bytesWritten: number }>
}

export function createTreePackWriter(repository: Repository, index: BlobIndex): TreePackWriter {
  const { backend, config, key } = repository
  const stored = new Set<string>()
  const packs: IndexPack[] = []
  let bytesWritten = 0
  let sealed: Buffer[] = []
  let blobs: PackedBlob[] = []
  let size = 0
  const write = async (ctx: Context): Promise<void> => {
    if (blobs.length === 0) return
    const pack = Buffer.concat([...sealed, sealPackHeader(key, blobs)])
    const name = sha256(pack)
    await backend.write({ type: 'data', name }, pack, { content: 'tree' }, ctx)
    packs.push({ id: name, blobs })
    bytesWritten += pack.length
    ;[sealed, blobs, size] = [[], [], 0]
  }
  return {
    async add(tree, ctx) {
      const id = sha256(tree)
      if (stored.has(id) || findTypedEntry(index, id, true) >= 0) return id
      const text = config.version === 1 ? tree : zstdCompressSync(tree)
      const bytes = seal(key, text)
      const rawLength = config.version === 1 ? 0 : tree.length
      const place = { packId: '', isTree: true, offset: size, length: bytes.length, rawLength, packEnd: 0 }
      const opened = openBlob(key, id, place, bytes)
      if ('reason' in opened) throw new AppError('ENGINE_READBACK_FAILED', { blob: id, reason: opened.reason })
      stored.add(id)
      sealed.push(bytes)
      blobs.push({ id, type: 'tree', offset: size, length: bytes.length, rawLength })
      size += bytes.length
      if (size >= packBytes) await write(ctx)
      return id
    },
    async finish(ctx) {
      await write(ctx)
      await backend.flush(ctx)
      const indexes = createIndexWriter(repository, ctx)
      for (const pack of packs) await indexes.add(pack)
      await indexes.finish()
      await backend.flush(ctx)
      return { trees: stored.size, bytesWritten }
    },
  }
}
