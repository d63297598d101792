import { zstdDecompressSync } from 'node:zlib'
import type { Context } from '@holdfast/core/context'
import type { FileType } from '@holdfast/storage/backend'
import { open } from '../format/crypto.ts'
import { type IndexPack, parseIndex } from '../format/index-file.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import { readUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'

/** For tests: the JSON of every file of a type. */
export async function readAll(repository: Repository, type: FileType, ctx: Context): Promise<Buffer[]> {
  const contents: Buffer[] = []
  for await (const file of repository.backend.list(type, ctx)) {
    contents.push(await readUnpacked(repository, file, ctx))
  }
  return contents
}

/** For tests: what an index file says. */
export function packsOf(json: Buffer): IndexPack[] {
  const packs: { id: string; blobs: PackedBlob[] }[] = []
  parseIndex(
    json,
    {
      pack: (id) => packs.push({ id, blobs: [] }) - 1,
      blob: (pack, id, isTree, offset, length, rawLength) => {
        const hex = Buffer.from(id).toString('hex')
        packs[pack]?.blobs.push({ id: hex, type: isTree ? 'tree' : 'data', offset, length, rawLength })
      },
    },
    'index',
  )
  return packs
}

/** For tests: every blob of a small repository with its plain content. */
export async function* blobsOf(repository: Repository, ctx: Context): AsyncGenerator<PackedBlob & { content: Buffer }> {
  for (const json of await readAll(repository, 'index', ctx)) {
    for (const { id, blobs } of packsOf(json)) {
      const pack = await repository.backend.read({ type: 'data', name: id }, undefined, ctx)
      for (const blob of blobs) {
        const opened = open(repository.key, pack.subarray(blob.offset, blob.offset + blob.length), id)
        yield { ...blob, content: blob.rawLength === 0 ? opened : zstdDecompressSync(opened) }
      }
    }
  }
}
