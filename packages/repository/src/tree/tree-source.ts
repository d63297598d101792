import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Node } from '../format/node.ts'
import { parseTree } from '../format/tree.ts'
import type { Repository } from '../repository.ts'
import { openBlob } from './open-blob.ts'
import { createPackWindows } from './pack-windows.ts'
import { damagedBlob, readBlob } from './read-blob.ts'

/** Reads the directories of snapshots, on the calling thread. */
export interface TreeSource {
  /**
   * The nodes of a directory, in byte order of their names.
   * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
   */
  read(id: string, ctx: Context): Promise<readonly Node[]>
  /** The tree blob as it was written: `copy` must not lose keys that only another program knows. */
  readRaw(id: string, ctx: Context): Promise<Buffer>
}

const keptTrees = 128
/** Larger directories are parsed again rather than kept. */
const keptNodes = 1000

/** Remembers directories read lately, and reads neighbours in a pack in one request. */
export function createTreeSource(repository: Repository, index: BlobIndex): TreeSource {
  const windows = createPackWindows(repository.backend)
  const kept = new Map<string, readonly Node[]>()

  const readRaw = async (id: string, ctx: Context): Promise<Buffer> => {
    const place = index.locate(id)
    if (place === undefined) throw damagedBlob(id, 'it is not in the index')
    try {
      const opened = openBlob(repository.key, id, place, await windows.read(place, ctx))
      if ('content' in opened) return opened.content
    } catch (error) {
      // the piece reaches beyond the blob, which alone may still be readable
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    }
    return readBlob(repository, index, id, ctx)
  }

  return {
    readRaw,
    async read(id, ctx) {
      const known = kept.get(id)
      if (known !== undefined) {
        kept.delete(id)
        kept.set(id, known)
        return known
      }
      const nodes = parseTree(await readRaw(id, ctx), id)
      if (nodes.length <= keptNodes) kept.set(id, nodes)
      const [oldest] = kept.keys()
      if (kept.size > keptTrees && oldest !== undefined) kept.delete(oldest)
      return nodes
    },
  }
}
