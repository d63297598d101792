import { hash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { encodeIndex, type IndexPack, parseIndex } from '../format/index-file.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import { fileLabel, readUnpacked, writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { listNames, removeFiles } from './stored-files.ts'

/** restic's bounds: a file with at least so many blobs is complete and is kept as it is, unless it is far larger. */
const blobsPerIndexFile = 50_000
const blobsOfOversized = 200_000

export interface IndexRewrite {
  /** packs that no index may name any more */
  readonly drop: ReadonlySet<string>
  /** index files that are removed without being read: they are damaged, or everything in them is in `add` */
  readonly obsolete?: ReadonlySet<string>
  /** packs to be named in addition */
  readonly add?: AsyncIterable<IndexPack>
  /** shown with the progress: "prune" */
  readonly work: string
}

export interface IndexRewriteReport {
  readonly kept: number
  readonly written: number
  readonly removed: number
}

/**
 * Writes the index anew where that is needed: complete files without a dropped pack stay, the others are joined. The
 * old files are removed only when the new ones are durable, so a blob that is not dropped is indexed at every instant.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
 */
export async function rewriteIndex(
  repository: Repository,
  { drop, obsolete = new Set(), add, work }: IndexRewrite,
  ctx: Context,
): Promise<IndexRewriteReport> {
  const names = await listNames(repository, 'index', ctx)
  const writer = createIndexWriter(repository, ctx)
  const kept: string[] = []
  // the content of packs that were seen, to write what several files say of one only once
  const seen = new Map<string, string>()
  for (const [at, name] of names.entries()) {
    throwIfInterrupted(ctx)
    ctx.emit({ type: 'work.progressed', work, unit: 'indexes', done: at, total: names.length })
    if (obsolete.has(name)) continue
    const { packs, isLegacy } = await readIndexPacks(repository, name, ctx)
    if (!isLegacy && isComplete(packs) && packs.every(({ id }) => !drop.has(id) && !seen.has(id))) {
      for (const pack of packs) seen.set(pack.id, digestOf(pack))
      kept.push(name)
      continue
    }
    for (const pack of packs) {
      const digest = digestOf(pack)
      if (drop.has(pack.id) || seen.get(pack.id) === digest || pack.blobs.length === 0) continue
      seen.set(pack.id, digest)
      await writer.add(pack)
    }
  }
  if (add !== undefined) for await (const pack of add) await writer.add(pack)
  const written = await writer.finish()
  await repository.backend.flush(ctx)
  const stays = new Set([...kept, ...written])
  const removed = names.filter((name) => !stays.has(name))
  await removeFiles(repository, 'index', removed, work, ctx)
  // before anything that only the old files named is removed
  await repository.backend.flush(ctx)
  return { kept: kept.length, written: written.length, removed: removed.length }
}

/** Collects packs into index files; all blobs of a pack are in one file. */
export function createIndexWriter(
  repository: Repository,
  ctx: Context,
): { add(pack: IndexPack): Promise<void>; finish(): Promise<readonly string[]> } {
  const written: string[] = []
  let packs: IndexPack[] = []
  let blobs = 0
  const write = async (): Promise<void> => {
    if (packs.length === 0) return
    written.push(await writeUnpacked(repository, 'index', encodeIndex(packs), ctx))
    packs = []
    blobs = 0
  }
  return {
    async add(pack) {
      packs.push(pack)
      blobs += pack.blobs.length
      if (blobs >= blobsPerIndexFile) await write()
    },
    async finish() {
      await write()
      return written
    },
  }
}

const openBracket = 0x5b

/** The packs that an index file names. The first layout of index files was the bare list of packs. */
export async function readIndexPacks(
  repository: Repository,
  name: string,
  ctx: Context,
): Promise<{ packs: readonly IndexPack[]; isLegacy: boolean }> {
  const file = { type: 'index', name } as const
  const json = await readUnpacked(repository, file, ctx)
  const isLegacy = json[0] === openBracket
  const whole = isLegacy ? Buffer.concat([Buffer.from('{"packs":'), json, Buffer.from('}')]) : json
  const packs: { id: string; blobs: PackedBlob[] }[] = []
  const sink = {
    pack: (id: string) => packs.push({ id, blobs: [] }) - 1,
    blob: (pack: number, id: Uint8Array, isTree: boolean, offset: number, length: number, rawLength: number) => {
      const hex = Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex')
      packs[pack]?.blobs.push({ id: hex, type: isTree ? 'tree' : 'data', offset, length, rawLength })
    },
  }
  parseIndex(whole, sink, fileLabel(file))
  return { packs, isLegacy }
}

function isComplete(packs: readonly IndexPack[]): boolean {
  const blobs = packs.reduce((sum, pack) => sum + pack.blobs.length, 0)
  return blobs >= blobsPerIndexFile && blobs < blobsOfOversized
}

function digestOf({ blobs }: IndexPack): string {
  const order = blobs.toSorted((a, b) => a.offset - b.offset || (a.id < b.id ? -1 : 1))
  return hash(
    'sha256',
    order.map(({ id, type, offset, length }) => `${id}${type}${offset},${length}`).join(';'),
    'base64',
  )
}
