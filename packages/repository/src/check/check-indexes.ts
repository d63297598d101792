import type { Context } from '@holdfast/core/context'
import type { FileInfo } from '@holdfast/storage/backend'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { BlobIndex } from '../engine/blob-index.ts'
import { type IndexSink, parseIndex } from '../format/index-file.ts'
import { fileLabel, readUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { isDamage } from './damage.ts'
import type { ReportFinding } from './finding.ts'

export interface CheckedIndexes {
  readonly index: BlobIndex
  /** packs that are to be deleted soon (a mark of rustic): known, but their blobs are not used */
  readonly leaving: ReadonlySet<string>
  readonly files: number
}

/** A blob takes at least this much of a compressed index file. */
const leastBytesPerBlob = 36
const openBracket = 0x5b

/** Loads every index file that can be read, and reports the others. */
export async function checkIndexes(
  repository: Repository,
  report: ReportFinding,
  ctx: Context,
): Promise<CheckedIndexes> {
  const listed: FileInfo[] = []
  for await (const file of repository.backend.list('index', ctx)) listed.push(file)
  const totalBytes = listed.reduce((sum, file) => sum + file.sizeBytes, 0)
  const loader = new IndexLoader(BlobIndex.create(Math.ceil(totalBytes / leastBytesPerBlob)), report)
  const queue = listed.values()
  let done = 0
  const load = async (): Promise<void> => {
    for (const file of queue) {
      throwIfInterrupted(ctx)
      try {
        loader.add(file, await readUnpacked(repository, file, ctx))
      } catch (error) {
        if (!isDamage(error)) throw error
        report('index-damaged', file.name, error.message)
      }
      ctx.emit({ type: 'check.progressed', stage: 'index', done: ++done, total: listed.length, bytesDone: 0 })
    }
  }
  // parsing keeps this thread busy: from a local disk, reading several files at once would only take memory
  const { readableRoot, connections } = repository.backend.traits
  await Promise.all(Array.from({ length: readableRoot === undefined ? Math.max(2, connections) : 1 }, load))
  return { index: loader.index, leaving: loader.leaving, files: listed.length }
}

class IndexLoader {
  readonly index: BlobIndex
  readonly leaving = new Set<string>()
  readonly #report: ReportFinding
  /** by pack number: the index file that named it first */
  readonly #owners: string[] = []
  readonly #reported = new Set<number>()

  constructor(index: BlobIndex, report: ReportFinding) {
    this.index = index
    this.#report = report
  }

  add(file: FileInfo, json: Buffer): void {
    const name = fileLabel(file)
    if (json[0] !== openBracket) return parseIndex(json, this.#sink(file), name)
    // the first layout of index files was the bare list of packs
    this.#report('index-legacy', file.name, 'it is a bare list of packs')
    parseIndex(Buffer.concat([Buffer.from('{"packs":'), json, Buffer.from('}')]), this.#sink(file), name)
  }

  #sink(file: FileInfo): IndexSink {
    return {
      pack: (packId) => {
        const pack = this.index.addPack(packId)
        const owner = (this.#owners[pack] ??= file.name)
        if (owner !== file.name && !this.#reported.has(pack)) {
          this.#reported.add(pack)
          const names = `${owner.slice(0, 8)} and ${file.name.slice(0, 8)}`
          this.#report('pack-indexed-twice', packId, `it is in the indexes ${names}`)
        }
        return pack
      },
      blob: (pack, id, isTree, offset, length, rawLength) =>
        void this.index.add(pack, id, isTree, offset, length, rawLength),
      packToDelete: (packId) => void this.leaving.add(packId),
    }
  }
}
