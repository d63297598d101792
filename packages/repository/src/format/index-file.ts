import { scanIndex } from './index-scan.ts'
import { isHexId, isJsonObject, JsonFields } from './json-fields.ts'
import type { PackedBlob } from './packed-blob.ts'

export interface IndexPack {
  /** 64 hex digits */
  readonly id: string
  readonly blobs: readonly PackedBlob[]
}

/** Takes what an index file holds, in the file's order; called millions of times, so nothing is allocated per blob. */
export interface IndexSink {
  /** Returns the number by which `blob` refers to this pack. */
  pack(idHex: string): number
  /** `id` is valid during the call only: 32 bytes, overwritten by the next. Lengths are below 2³². */
  blob(packNumber: number, id: Uint8Array, isTree: boolean, offset: number, length: number, rawLength: number): void
  /** A pack that rustic has marked for deletion; its blobs must not be used, but the pack is known. */
  packToDelete?(idHex: string): void
}

/** The JSON of an index file, as restic writes it. All blobs of one pack must be in the same index file. */
export function encodeIndex(packs: Iterable<IndexPack>): Buffer {
  return joinIndexPacks(Array.from(packs, encodeIndexPack))
}

/** One pack's part of an index file: text takes a fraction of the memory of the blobs it lists. */
export function encodeIndexPack({ id, blobs }: IndexPack): string {
  return `{"id":"${id}","blobs":[${blobs.map(encodeBlob).join(',')}]}`
}

/** An index file from the parts that `encodeIndexPack` made. */
export function joinIndexPacks(packs: readonly string[]): Buffer {
  return Buffer.from(`{"packs":[${packs.join(',')}]}\n`, 'latin1')
}

function encodeBlob({ id, type, offset, length, rawLength }: PackedBlob): string {
  const head = `{"id":"${id}","type":"${type}","offset":${offset},"length":${length}`
  return rawLength === 0 ? `${head}}` : `${head},"uncompressed_length":${rawLength}}`
}

/**
 * Feeds an index file's JSON to `sink`. restic's own compact layout is read byte by byte (some 10 million blobs in
 * seconds); anything else that is valid goes through JSON.parse. On an error the sink has been fed in part.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function parseIndex(bytes: Uint8Array, sink: IndexSink, objectName: string): void {
  const scan = scanIndex(bytes, sink)
  if (!scan.complete) parseIndexJson(JsonFields.parse(bytes, objectName), sink, scan)
}

interface Progress {
  /** packs that the sink has been given, and blobs of the last one */
  readonly packs: number
  readonly blobs: number
  readonly packNumber: number
}

/** `done` is what the byte scanner delivered before it met something unexpected: it is skipped here. */
function parseIndexJson(fields: JsonFields, sink: IndexSink, done: Progress): void {
  const id = Buffer.alloc(32)
  for (const [packAt, raw] of fields.array('packs').entries()) {
    if (packAt < done.packs - 1) continue
    const resumed = packAt === done.packs - 1
    const pack = nested(fields, raw, 'packs')
    const packId = pack.id('id')
    const packNumber = resumed ? done.packNumber : sink.pack(packId)
    for (const [blobAt, rawBlob] of pack.array('blobs').entries()) {
      if (resumed && blobAt < done.blobs) continue
      const blob = nested(fields, rawBlob, 'blobs')
      const type = blob.text('type')
      if (type !== 'data' && type !== 'tree') throw fields.damaged(`a blob has the type ${JSON.stringify(type)}`)
      id.write(blob.id('id'), 'hex')
      const length = blob.integer('length', 0xffffffff)
      const rawLength = blob.integer('uncompressed_length', 0xffffffff)
      sink.blob(packNumber, id, type === 'tree', blob.integer('offset'), length, rawLength)
    }
  }
  for (const raw of fields.array('packs_to_delete')) {
    if (!isJsonObject(raw) || !isHexId(raw['id'])) throw fields.damaged('packs_to_delete is malformed')
    sink.packToDelete?.(raw['id'])
  }
}

function nested(parent: JsonFields, raw: unknown, list: string): JsonFields {
  if (!isJsonObject(raw)) throw parent.damaged(`${list} holds something other than objects`)
  return parent.sibling(raw)
}
