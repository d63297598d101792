import { parseIndex } from '../format/index-file.ts'
import { releaseBuffer } from './release-buffer.ts'

/** An index file in the form in which it is handed from thread to thread. */
export interface PackedIndex {
  /** 8 words a pack */
  readonly packs: Int32Array<ArrayBuffer>
  readonly blobs: number
  /** 8 words a blob; there may be more room than blobs */
  readonly ids: Int32Array<ArrayBuffer>
  /** 4 words a blob: number of the pack in `packs` (highest bit: tree), offset, length, raw length */
  readonly places: Uint32Array<ArrayBuffer>
}

/** No blob takes less of an index file's JSON. */
const leastBlob = '{"id":"","type":"data","offset":0,"length":0}'.length + 64
const treeBit = 0x80000000

/**
 * Reads an index file's JSON.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function packIndex(json: Uint8Array, objectName: string): PackedIndex {
  const room = Math.ceil(json.length / leastBlob)
  // pages that are not written take no memory
  const ids = new Int32Array(room * 8)
  const idBytes = new Uint8Array(ids.buffer)
  const places = new Uint32Array(room * 4)
  const packIds: string[] = []
  let blobs = 0
  const sink = {
    pack: (idHex: string) => packIds.push(idHex) - 1,
    blob(pack: number, id: Uint8Array, isTree: boolean, offset: number, length: number, rawLength: number) {
      idBytes.set(id, blobs * 32)
      places[blobs * 4] = isTree ? pack | treeBit : pack
      places[blobs * 4 + 1] = offset
      places[blobs * 4 + 2] = length
      places[blobs * 4 + 3] = rawLength
      blobs++
    },
  }
  parseIndex(json, sink, objectName)
  const packs = new Int32Array(packIds.length * 8)
  const packBytes = Buffer.from(packs.buffer)
  for (const [pack, id] of packIds.entries()) packBytes.write(id, pack * 32, 'hex')
  return { packs, blobs, ids, places }
}

/** Frees its memory now: it is megabytes. */
export function releasePacked({ packs, ids, places }: PackedIndex): void {
  for (const words of [packs, ids, places]) releaseBuffer(words)
}
