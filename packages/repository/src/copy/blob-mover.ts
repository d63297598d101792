import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { isAppError } from '@holdfast/core/errors/app-error'
import { type ArenaCipher, isSmall } from '../engine/arena-cipher.ts'
import type { Arena } from '../engine/arena.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { PackReader } from '../engine/pack-reader.ts'
import type { PackWriter, Region } from '../engine/pack-writer.ts'
import { sha256 } from '../engine/sha256.ts'
import type { Compress, Decompress } from '../engine/zstd.ts'
import { type PlannedRead, planReads } from './plan-reads.ts'
import type { FailedBlob, TransferEncoding } from './transfer-job.ts'

export interface MoverParts {
  readonly arena: Arena
  readonly cipher: ArenaCipher
  readonly index: BlobIndex
  readonly packs: PackReader
  readonly decompress: Decompress
  readonly compressTree: Compress
  /** undefined: data is not compressed */
  readonly compressData: Compress | undefined
  readonly data: PackWriter
  readonly tree: PackWriter
  readonly encoding: TransferEncoding
  readonly sameKey: boolean
  readonly windowBytes: number
  readonly gapBytes: number
  /** sealed bytes as they lie in the pack */
  readonly window: Region
  /** decrypted, still compressed: a window of small blobs, and one large one after them */
  readonly opened: Region
  /** the blob itself; the writers use it too, once a blob was taken over */
  readonly plain: Region
  /** the form to be stored; the writers use it too */
  readonly scratch: Region
}

const sampleBytes = 65536
const worthwhileRatio = 0.98

/** Where the opened text of a blob lies in the arena. */
interface OpenedAt {
  readonly entry: number
  /** sealed, in the window */
  readonly sealedAt: number
  readonly textAt: number
}

/**
 * Takes blobs out of packs, verifies each against its id, and appends it to new packs: sealed as it is where key and
 * form fit, otherwise encoded and sealed anew. A damaged copy is replaced by another one where there is one.
 */
export class BlobMover {
  readonly #parts: MoverParts

  constructor(parts: MoverParts) {
    this.#parts = parts
  }

  /** Returns the blobs of which no copy could be read. */
  move(entries: Uint32Array): FailedBlob[] {
    const { index, windowBytes, gapBytes } = this.#parts
    const suspects: FailedBlob[] = []
    for (const read of planReads(index, entries, windowBytes, gapBytes)) suspects.push(...this.#movePiece(read))
    const failed: FailedBlob[] = []
    for (const suspect of suspects) {
      const reason = this.#moveFromAnywhere(suspect.entry)
      if (reason !== undefined) failed.push({ entry: suspect.entry, reason })
    }
    return failed
  }

  #movePiece(read: PlannedRead): FailedBlob[] {
    const reason = this.#read(read)
    if (reason !== undefined) return read.entries.map((entry) => ({ entry, reason }))
    const failed: FailedBlob[] = []
    const { small, smallBytes } = this.#openSmall(read)
    const { index, opened, window, cipher } = this.#parts
    for (const entry of read.entries) {
      const sealedAt = window.at + index.offsetOf(entry) - read.offset
      const textAt = small.get(entry) ?? opened.at + smallBytes
      const isOpen = small.has(entry) || cipher.open(sealedAt, index.lengthOf(entry), textAt)
      const problem = isOpen ? this.#take({ entry, sealedAt, textAt }) : 'wrong message authentication code'
      if (problem !== undefined) failed.push({ entry, reason: problem })
    }
    return failed
  }

  /** Opens all small blobs of the window in one go; none when any of them is damaged. */
  #openSmall({ entries, offset }: PlannedRead): { small: ReadonlyMap<number, number>; smallBytes: number } {
    const { index, opened, window, cipher } = this.#parts
    const small = new Map<number, number>()
    let end = opened.at
    for (const entry of entries) {
      const length = index.lengthOf(entry)
      if (!isSmall(length) || length < sealOverheadBytes) continue
      small.set(entry, end)
      end += length - sealOverheadBytes
    }
    const members = [...small.keys()]
    const wrong = cipher.openBatch(
      members.map((entry) => window.at + index.offsetOf(entry) - offset),
      members.map((entry) => index.lengthOf(entry)),
      [...small.values()],
    )
    return wrong < 0 ? { small, smallBytes: end - opened.at } : { small: new Map(), smallBytes: 0 }
  }

  /** Tries the same place once more, since bytes can be altered on the way, then every other copy. */
  #moveFromAnywhere(entry: number): string | undefined {
    const { index } = this.#parts
    const first = index.find(index.idOf(entry))
    const copies = [first, ...index.copiesOf(first)].filter(
      (copy) => copy !== entry && index.isTree(copy) === index.isTree(entry),
    )
    let reason: string | undefined
    for (const place of [entry, ...copies]) {
      const [problem] = this.#movePiece({
        pack: index.packOf(place),
        offset: index.offsetOf(place),
        length: index.lengthOf(place),
        entries: [place],
      })
      if (problem === undefined) return undefined
      reason ??= problem.reason
    }
    return reason
  }

  /** Why the piece could not be read. */
  #read({ pack, offset, length }: PlannedRead): string | undefined {
    const { index, packs, window } = this.#parts
    if (length > window.sizeBytes) return `${length} bytes are more than a blob may have here`
    try {
      packs.read(index.packIdOf(pack), offset, length, window.at)
      return undefined
    } catch (error) {
      if (error instanceof Error && isReadingError(error)) return error.message
      throw error
    }
  }

  /** Verifies an opened blob and appends it; returns what is wrong with it. */
  #take({ entry, sealedAt, textAt }: OpenedAt): string | undefined {
    const { arena, index, decompress, plain, encoding, sameKey } = this.#parts
    const id = index.idOf(entry)
    const rawLength = index.rawLengthOf(entry)
    const textLength = index.lengthOf(entry) - sealOverheadBytes
    let [plainAt, plainLength] = [textAt, textLength]
    if (rawLength > 0) {
      if (rawLength + 1 > plain.sizeBytes) return `it claims ${rawLength} bytes`
      if (!decompress(textAt, textLength, plain.at, rawLength)) return `it does not decompress to ${rawLength} bytes`
      ;[plainAt, plainLength] = [plain.at, rawLength]
    }
    if (sha256(arena.bytes.subarray(plainAt, plainAt + plainLength)) !== id) return 'wrong content'
    const writer = index.isTree(entry) ? this.#parts.tree : this.#parts.data
    const compress = this.#compressor(entry, plainAt, plainLength)
    const asItIs = rawLength > 0 ? encoding.version === 2 && encoding.keepFrames : compress === undefined
    if (asItIs && sameKey) writer.appendSealed(id, sealedAt, index.lengthOf(entry), rawLength)
    else if (asItIs) writer.append(id, textAt, textLength, rawLength)
    else this.#encode(writer, id, plainAt, plainLength, compress)
    writer.settle()
    return undefined
  }

  #encode(writer: PackWriter, id: string, plainAt: number, plainLength: number, compress: Compress | undefined): void {
    const { scratch, encoding } = this.#parts
    const length = compress === undefined ? 0 : compress(plainAt, plainLength, scratch.at, scratch.sizeBytes)
    const isWorth = length > 0 && (length < plainLength || encoding.always || writer === this.#parts.tree)
    if (isWorth) writer.append(id, scratch.at, length, plainLength)
    else writer.append(id, plainAt, plainLength, 0)
  }

  /** What compresses a blob that is stored anew; undefined when it is stored as it is. */
  #compressor(entry: number, plainAt: number, plainLength: number): Compress | undefined {
    const { index, encoding, compressTree, compressData } = this.#parts
    if (encoding.version === 1 || plainLength === 0) return undefined
    if (index.isTree(entry)) return compressTree
    if (compressData === undefined || encoding.always) return compressData
    return this.#shrinks(compressData, plainAt, plainLength) ? compressData : undefined
  }

  /** A large blob is judged by two samples: most that are not compressed were found not to be worth it before. */
  #shrinks(compress: Compress, plainAt: number, plainLength: number): boolean {
    if (plainLength < 4 * sampleBytes) return true
    const { scratch } = this.#parts
    return [plainAt, plainAt + Math.floor(plainLength / 2)].some(
      (at) => compress(at, sampleBytes, scratch.at, scratch.sizeBytes) < sampleBytes * worthwhileRatio,
    )
  }
}

/** The storage's own errors, and those of the file system underneath; anything else is a bug. */
function isReadingError(error: Error): boolean {
  return isAppError(error) ? error.code !== 'INTERRUPTED' : 'errno' in error
}
