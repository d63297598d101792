import type { Context } from '@holdfast/core/context'
import type { FileInfo } from '@holdfast/storage/backend'
import { parseIndex } from '../format/index-file.ts'
import { readUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { BlobIndex } from './blob-index.ts'
import { releaseBuffer } from './release-buffer.ts'

/** What a blob takes of an index file, compressed or (in version 1) not. */
const bytesPerBlob = { 1: 150, 2: 42 } as const

/** Loads every index file. Snapshots must have been listed before, so that all blobs of every listed one are found. */
export async function loadIndex(repository: Repository, ctx: Context): Promise<BlobIndex> {
  const { index } = await loadIndexFiles(repository, ctx)
  return index
}

/** The same, with the list of index files that were read. */
export async function loadIndexFiles(
  repository: Repository,
  ctx: Context,
): Promise<{ index: BlobIndex; names: readonly string[] }> {
  const listed: FileInfo[] = []
  for await (const file of repository.backend.list('index', ctx)) listed.push(file)
  const totalBytes = listed.reduce((sum, file) => sum + file.sizeBytes, 0)
  const index = BlobIndex.create(Math.ceil(totalBytes / bytesPerBlob[repository.config.version]))
  const queue = listed.values()
  let done = 0
  const load = async (): Promise<void> => {
    for (const file of queue) {
      const json = await readUnpacked(repository, file, ctx)
      addIndexFile(index, json, file.name)
      // megabytes each, and there may be hundreds: not left to the garbage collector
      releaseBuffer(json)
      done++
      ctx.emit({ type: 'check.progressed', stage: 'index', done, total: listed.length, bytesDone: 0 })
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, repository.backend.traits.connections) }, load))
  return { index, names: listed.map((file) => file.name) }
}

function addIndexFile(index: BlobIndex, json: Uint8Array, name: string): void {
  parseIndex(
    json,
    {
      pack: (packId) => index.addPack(packId),
      blob: (pack, id, isTree, offset, length, rawLength) =>
        void index.add(pack, id, isTree, offset, length, rawLength),
    },
    `index ${name}`,
  )
}
