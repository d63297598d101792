import type { Context } from '@holdfast/core/context'
import type { BlobIndex, BlobPlace } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import { openBlob } from '../tree/open-blob.ts'
import { readBlob } from '../tree/read-blob.ts'

/** Files of a directory mostly lie side by side in a pack: reading them one by one costs a request each. */
const largestReadBytes = 2 << 20

/** Blobs that are wanted one after the other; those that lie side by side are read with one request. */
export interface NeighbourReader {
  /** Verified. Begins when the next does not lie beside it, or is flushed. Fails with REPOSITORY_DAMAGED, STORAGE_…. */
  read(id: string): Promise<Buffer>
  flush(): void
}

/** Blobs side by side in a pack. */
interface Stretch {
  readonly packId: string
  readonly offset: number
  length: number
  readonly bytes: PromiseWithResolvers<Uint8Array>
}

export function createNeighbourReader(repository: Repository, index: BlobIndex, ctx: Context): NeighbourReader {
  let stretch: Stretch | undefined

  const flush = (): void => {
    if (stretch === undefined) return
    const { packId, offset, length, bytes } = stretch
    stretch = undefined
    repository.backend.read({ type: 'data', name: packId }, { offset, length }, ctx).then(bytes.resolve, bytes.reject)
  }

  const stretchFor = ({ packId, offset, length }: BlobPlace): Stretch => {
    const isBeside = stretch?.packId === packId && stretch.offset + stretch.length === offset
    if (stretch !== undefined && isBeside && stretch.length + length <= largestReadBytes) {
      stretch.length += length
      return stretch
    }
    flush()
    const bytes = Promise.withResolvers<Uint8Array>()
    stretch = { packId, offset, length, bytes }
    return stretch
  }

  const readFrom = async ({ offset, bytes }: Stretch, id: string, place: BlobPlace): Promise<Buffer> => {
    try {
      const begin = place.offset - offset
      const opened = openBlob(repository.key, id, place, (await bytes.promise).subarray(begin, begin + place.length))
      if ('content' in opened) return opened.content
    } catch {
      // it is tried alone, which says what is wrong
    }
    // there may be another copy, and bytes may have been altered on the way
    return await readBlob(repository, index, id, ctx)
  }

  return {
    async read(id) {
      const [place] = index.locateAll(id)
      // what the index does not know fails there
      if (place === undefined) return await readBlob(repository, index, id, ctx)
      return await readFrom(stretchFor(place), id, place)
    },
    flush,
  }
}
