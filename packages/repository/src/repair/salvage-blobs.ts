import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { BlobIndex } from '../engine/blob-index.ts'
import { type BlobTransfer, openBlobTransfer } from '../copy/transfer-blobs.ts'
import type { FailedBlob } from '../copy/transfer-job.ts'
import type { Repository } from '../repository.ts'
import { readPackBlobs } from './read-pack-blobs.ts'

/**
 * Everything that is supposed to be in the given packs: what the index says, and what their own headers say, if those
 * can be read. Blobs are marked as of these packs only, so that no other copy is taken for what is saved from them.
 */
export async function indexOfPacks(
  repository: Repository,
  index: BlobIndex,
  packIds: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
  ctx: Context,
): Promise<BlobIndex> {
  const content = BlobIndex.create(1024)
  const known = new Set<string>()
  const add = (
    packId: string,
    id: string,
    isTree: boolean,
    offset: number,
    length: number,
    rawLength: number,
  ): void => {
    const place = `${packId}:${offset}:${id}`
    if (known.has(place)) return
    known.add(place)
    content.add(content.addPack(packId), Buffer.from(id, 'hex'), isTree, offset, length, rawLength)
  }
  const numbers = new Set([...index.packIds.entries()].filter(([, id]) => packIds.has(id)).map(([pack]) => pack))
  for (let entry = 0; numbers.size > 0 && entry < index.size; entry++) {
    const pack = index.packOf(entry)
    if (!numbers.has(pack)) continue
    const { packId, isTree, offset, length, rawLength } = index.place(entry)
    add(packId, index.idOf(entry), isTree, offset, length, rawLength)
  }
  for (const packId of packIds) {
    const sizeBytes = sizes.get(packId)
    if (sizeBytes === undefined) continue
    for (const { id, type, offset, length, rawLength } of await tryHeader(repository, packId, sizeBytes, ctx)) {
      add(packId, id, type === 'tree', offset, length, rawLength)
    }
  }
  return content
}

async function tryHeader(
  repository: Repository,
  packId: string,
  sizeBytes: number,
  ctx: Context,
): ReturnType<typeof readPackBlobs> {
  try {
    return await readPackBlobs(repository, packId, sizeBytes, ctx)
  } catch (error) {
    // a header that cannot be read is why the index was asked first
    if (isAppError(error) && error.code !== 'INTERRUPTED') return []
    throw error
  }
}

/** Every blob of an index once, whichever of its copies; copies serve when the first cannot be read. */
export function distinctEntries(index: BlobIndex): Uint32Array {
  const entries: number[] = []
  for (let entry = 0; entry < index.size; entry++) {
    const first = index.find(index.idOf(entry))
    const isTree = index.isTree(entry)
    const representative = [first, ...index.copiesOf(first)].find((copy) => index.isTree(copy) === isTree)
    if (representative === entry) entries.push(entry)
  }
  return Uint32Array.from(entries)
}

export function totalBytes(index: BlobIndex, entries: Uint32Array): number {
  return entries.reduce((sum, entry) => sum + index.lengthOf(entry), 0)
}

/** Moves blobs as they are, compressed or not; what was not compressed before stays so. */
export function openRescue(
  source: Repository,
  index: BlobIndex,
  target: Repository,
  expectedBytes: number,
  work: string,
  ctx: Context,
): Promise<BlobTransfer> {
  const { version } = target.config
  let [done, bytesDone] = [0, 0]
  return openBlobTransfer(
    source,
    index,
    target,
    {
      encoding: { version, dataLevel: undefined, keepFrames: true, always: false },
      expectedBytes,
      onMoved(blobs, bytes) {
        done += blobs
        bytesDone += bytes
        ctx.emit({ type: 'work.progressed', work, unit: 'blobs', done, bytesDone })
      },
    },
    ctx,
  )
}

/** A blob that could not be saved, for people. */
export interface LostBlob {
  readonly id: string
  readonly type: 'data' | 'tree'
  readonly packId: string
  readonly reason: string
}

export function describeLost(index: BlobIndex, { entry, reason }: FailedBlob): LostBlob {
  const { packId, isTree } = index.place(entry)
  return { id: index.idOf(entry), type: isTree ? 'tree' : 'data', packId, reason }
}
