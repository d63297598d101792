import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { createHash, type Hash } from 'node:crypto'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import type { PackedBlob } from '../format/packed-blob.ts'
import { encodePackHeader, packHeaderEntryBytes } from '../format/pack-header.ts'
import type { Arena } from './arena.ts'
import { type ArenaCipher, isSmall } from './arena-cipher.ts'
import { type BlobHasher, gatherBytesAtMost } from './blob-hasher.ts'
import type { FinishedPack } from './finished-pack.ts'
import { openedAt, OpenedBlobs } from './opened-blobs.ts'
import { createSpoolFile, type SpoolFile, writeFully } from './spool-file.ts'
import type { Decompress } from './zstd.ts'

/** Sealed blobs are hashed and written in pieces of this size while they are still in the processor's cache. */
const pieceBytes = 1 << 20
/** A header that has grown to this finishes the pack, far below the format's limit of 16 MiB. */
const headerBytesAtMost = 4 << 20

/** Part of the arena. */
export interface Region {
  readonly at: number
  readonly sizeBytes: number
}

export interface PackWriterOptions {
  readonly arena: Arena
  readonly cipher: ArenaCipher
  readonly hasher: BlobHasher
  readonly decompress: Decompress
  /** holds a piece and the blob that completes it: `stagingBytes(largest blob)` */
  readonly staging: Region
  /** where own output is opened again: each as large as the largest blob */
  readonly text: Region
  readonly plain: Region
  readonly isTree: boolean
  /** finish the pack when it has reached this size */
  readonly targetBytes: number
  /** undefined: measure only, write nothing (a dry run) */
  readonly spoolDirectory: string | undefined
  /** distinguishes the spool files of several writers of one process */
  readonly label: string
  readonly onFinished: (pack: FinishedPack) => void
}

/** Size of the staging region for blobs of up to `largestBlobBytes`. */
export function stagingBytes(largestBlobBytes: number): number {
  return gatherBytesAtMost + largestBlobBytes + sealOverheadBytes + headerBytesAtMost / 2
}

/**
 * Assembles packs of one kind: seals blobs, opens them again (MAC, decryption, decompression, hash), and streams them to
 * a spool file. `append` only copies, so that the caller's bytes stay as they are until `settle`.
 */
export class PackWriter {
  readonly #o: PackWriterOptions
  #position: number
  #writtenBytes = 0
  #headerBytes = 0
  #blobs: PackedBlob[] = []
  /** the newest blobs, in staging, not sealed yet: positions in #blobs */
  #firstUnsealed = 0
  /** what the large ones of them have to be opened to */
  #gatheredBytes = 0
  /** of the large blob that came last, plain */
  #lastLargeBytes = 0
  #hash: Hash | undefined
  #file: SpoolFile | undefined
  #files = 0

  constructor(options: PackWriterOptions) {
    this.#o = options
    this.#position = options.staging.at
  }

  /** Adds a blob whose stored form (compressed when `rawLength` > 0) lies at `from`. Call `settle` before the next. */
  append(id: string, from: number, length: number, rawLength: number): void {
    const { arena, isTree } = this.#o
    arena.bytes.copyWithin(this.#position + 16, from, from + length)
    this.#addEntry({
      id,
      type: isTree ? 'tree' : 'data',
      offset: this.#offset,
      length: length + sealOverheadBytes,
      rawLength,
    })
  }

  /** The same for a blob that is sealed already with this repository's key and was verified by the caller. */
  appendSealed(id: string, from: number, sealedLength: number, rawLength: number): void {
    this.#sealPending()
    const { arena, isTree } = this.#o
    arena.bytes.copyWithin(this.#position, from, from + sealedLength)
    this.#addEntry({ id, type: isTree ? 'tree' : 'data', offset: this.#offset, length: sealedLength, rawLength })
    this.#firstUnsealed = this.#blobs.length
  }

  /** Seals large blobs when enough of one length have come, writes a full piece, finishes a full pack. */
  settle(): void {
    const stagedBytes = this.#position - this.#o.staging.at
    if (this.#gatherNewest() || (this.#gatheredBytes > 0 && stagedBytes >= gatherBytesAtMost)) this.#sealPending()
    if (stagedBytes >= pieceBytes && this.#gatheredBytes === 0) this.#flush()
    if (this.#offset >= this.#o.targetBytes || this.#headerBytes >= headerBytesAtMost) this.finish()
  }

  /** Counts a large blob that has come; true when waiting for more of its length would gain nothing. */
  #gatherNewest(): boolean {
    const newest = this.#firstUnsealed < this.#blobs.length ? this.#blobs.at(-1) : undefined
    if (newest === undefined || isSmall(newest.length)) return false
    const plainBytes = newest.rawLength || newest.length - sealOverheadBytes
    this.#gatheredBytes += plainBytes
    // others would leave lanes empty, and only take memory until the next comes
    const isAsLast = plainBytes === this.#lastLargeBytes
    this.#lastLargeBytes = plainBytes
    return !isAsLast || this.#gatheredBytes >= this.#o.hasher.gatherBytes
  }

  /** Gives memory back that no waiting blob lies in; at least `keptBytes` stay. */
  release(keptBytes: number): void {
    const { arena, staging } = this.#o
    arena.release(staging, Math.max(keptBytes, this.#position - staging.at))
  }

  /** Completes the pack, if there is one. */
  finish(): void {
    if (this.#blobs.length === 0) return
    this.#flush()
    const { arena, cipher, staging, isTree } = this.#o
    const blobBytes = this.#writtenBytes
    const header = encodePackHeader(this.#blobs)
    arena.bytes.set(header, staging.at + 16)
    cipher.seal(staging.at, header.length)
    const sealed = header.length + sealOverheadBytes
    this.#verifyHeader(header, sealed)
    arena.bytes.writeUInt32LE(sealed, staging.at + sealed)
    this.#position = staging.at + sealed + 4
    this.#write()
    const id = this.#hash?.digest('hex') ?? ''
    const path = this.#file?.path ?? ''
    if (this.#file !== undefined) closeSync(this.#file.descriptor)
    const pack: FinishedPack = { path, sizeBytes: this.#writtenBytes, id, isTree, blobs: this.#blobs, blobBytes }
    this.#reset()
    this.#o.onFinished(pack)
  }

  get #offset(): number {
    return this.#writtenBytes + this.#position - this.#o.staging.at
  }

  #addEntry(blob: PackedBlob): void {
    this.#blobs.push(blob)
    this.#headerBytes += packHeaderEntryBytes(blob.rawLength)
    this.#position += blob.length
    if (this.#position > this.#o.staging.at + this.#o.staging.sizeBytes)
      throw new Error('the staging region is too small')
  }

  /** Where a blob of the current piece lies in the arena. */
  #addressOf(blob: PackedBlob): number {
    return this.#o.staging.at + blob.offset - this.#writtenBytes
  }

  #sealPending(): void {
    const { cipher } = this.#o
    const pending = this.#blobs.slice(this.#firstUnsealed)
    this.#firstUnsealed = this.#blobs.length
    this.#gatheredBytes = 0
    const small = pending.filter((blob) => isSmall(blob.length))
    cipher.sealBatch(
      small.map((blob) => this.#addressOf(blob)),
      small.map((blob) => blob.length - sealOverheadBytes),
    )
    this.#verifySmall(small)
    const large = pending.filter((blob) => !isSmall(blob.length))
    for (const blob of large) cipher.seal(this.#addressOf(blob), blob.length - sealOverheadBytes)
    this.#verifyLarge(large)
  }

  #verifyLarge(blobs: readonly PackedBlob[]): void {
    const { cipher, text, hasher } = this.#o
    const opened = this.#openedBlobs()
    for (const blob of blobs) {
      const at = this.#addressOf(blob)
      const isPlain = blob.rawLength === 0
      if (isPlain && hasher.gatherBytes === 0) {
        if (cipher.hashOpened(at, blob.length) !== blob.id) throw readbackFailed(blob, 'wrong tag or content')
        continue
      }
      const target = isPlain ? opened.makeRoom(blob.length - sealOverheadBytes) : text.at
      if (target === undefined) throw new Error('the region for opened blobs is too small')
      if (!cipher.open(at, blob.length, target)) throw readbackFailed(blob, 'wrong tag')
      opened.add(blob, openedAt(blob, target))
    }
    opened.deliver()
  }

  #verifySmall(blobs: readonly PackedBlob[]): void {
    const { cipher, text } = this.#o
    const opened = this.#openedBlobs()
    let portion: PackedBlob[] = []
    let targets: number[] = []
    let end = text.at
    const open = (): void => {
      const sealed = portion.map((blob) => this.#addressOf(blob))
      const lengths = portion.map((blob) => blob.length)
      const failed = portion[cipher.openBatch(sealed, lengths, targets)]
      if (failed !== undefined) throw readbackFailed(failed, 'wrong tag')
      for (const [i, blob] of portion.entries()) opened.add(blob, openedAt(blob, targets[i] ?? 0))
      opened.deliver()
      ;[portion, targets, end] = [[], [], text.at]
    }
    for (const blob of blobs) {
      const length = blob.length - sealOverheadBytes
      if (end + length > text.at + text.sizeBytes) open()
      portion.push(blob)
      targets.push(end)
      end += length
    }
    open()
  }

  #openedBlobs(): OpenedBlobs<PackedBlob> {
    return new OpenedBlobs(this.#o, {
      sound() {},
      wrong(blob, reason) {
        throw readbackFailed(blob, reason)
      },
    })
  }

  #verifyHeader(header: Buffer, sealed: number): void {
    const { arena, cipher, staging, text } = this.#o
    const opened = header.length <= text.sizeBytes && cipher.open(staging.at, sealed, text.at)
    if (opened && header.equals(arena.bytes.subarray(text.at, text.at + header.length))) return
    throw new AppError('ENGINE_READBACK_FAILED', { blob: 'header', reason: 'the header of a pack' })
  }

  #flush(): void {
    this.#sealPending()
    this.#write()
  }

  #write(): void {
    const { arena, staging } = this.#o
    const piece = arena.bytes.subarray(staging.at, this.#position)
    this.#hash ??= createHash('sha256')
    this.#hash.update(piece)
    this.#file ??= this.#openSpoolFile()
    if (this.#file !== undefined) writeFully(this.#file, piece)
    this.#writtenBytes += piece.length
    this.#position = staging.at
  }

  #openSpoolFile(): SpoolFile | undefined {
    const { spoolDirectory, label } = this.#o
    if (spoolDirectory === undefined) return undefined
    return createSpoolFile(spoolDirectory, join(spoolDirectory, `${label}-${++this.#files}`))
  }

  #reset(): void {
    this.#position = this.#o.staging.at
    this.#writtenBytes = 0
    this.#headerBytes = 0
    this.#blobs = []
    this.#firstUnsealed = 0
    this.#gatheredBytes = 0
    this.#hash = undefined
    this.#file = undefined
  }
}

function readbackFailed(blob: PackedBlob, reason: string): AppError {
  return new AppError('ENGINE_READBACK_FAILED', { blob: blob.id, reason })
}
