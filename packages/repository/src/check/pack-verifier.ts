import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { createHash, type Hash } from 'node:crypto'
import { isAppError } from '@holdfast/core/errors/app-error'
import { type ArenaCipher, isSmall } from '../engine/arena-cipher.ts'
import type { Arena } from '../engine/arena.ts'
import { OpenedBlobs, type OpenedBlobsParts, openedAt } from '../engine/opened-blobs.ts'
import type { PackReader } from '../engine/pack-reader.ts'
import type { MasterKey } from '../format/master-key.ts'
import { maxPackHeaderBytes, openPackHeader } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import type { PackProblem } from './check-data-job.ts'
import { describesSame, layoutFault } from './pack-entries.ts'
import { planWindows, type PackWindow } from './plan-windows.ts'

export interface VerifierParts extends OpenedBlobsParts {
  readonly arena: Arena
  readonly cipher: ArenaCipher
  readonly key: MasterKey
  readonly packs: PackReader
  readonly windowBytes: number
  /** regions of the arena */
  readonly window: { readonly at: number; readonly sizeBytes: number }
  /** given the content of every sound tree blob; valid during the call */
  readonly onTree: (content: Buffer, id: string) => void
}

/**
 * Reads a whole pack once, piece by piece: the file's hash, every blob (opened, decompressed, hashed), and the header,
 * which must say the same as the index.
 */
export class PackVerifier {
  readonly #parts: VerifierParts
  #problems: PackProblem[] = []

  constructor(parts: VerifierParts) {
    this.#parts = parts
  }

  /** @param blobs what the index says the pack holds, by offset */
  verify(packId: string, sizeBytes: number, blobs: readonly PackedBlob[]): readonly PackProblem[] {
    this.#problems = []
    try {
      this.#verify(packId, sizeBytes, blobs)
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
      const missing = isAppError(error, 'STORAGE_FILE_MISSING')
      this.#found(missing ? 'pack-missing' : 'pack-unreadable', packId, error.message)
    }
    return this.#problems
  }

  #verify(packId: string, sizeBytes: number, blobs: readonly PackedBlob[]): void {
    const hasher = createHash('sha256')
    const last = blobs.at(-1)
    const usable = layoutFault(blobs) === undefined && last !== undefined && last.offset + last.length <= sizeBytes
    const tail = this.#readAll(packId, sizeBytes, usable ? blobs : [], hasher)
    const name = hasher.digest('hex')
    if (name !== packId) this.#found('pack-content-wrong', packId, `its content has the hash ${name.slice(0, 8)}`)
    const header = this.#readHeader(packId, sizeBytes, tail)
    if (header === undefined) return
    const difference = describeDifference(blobs, header)
    if (difference === undefined) return
    this.#found('pack-header-differs', packId, difference)
    // the blobs are where the header says: the index's places were not worth judging them by
    this.#problems = this.#problems.filter(({ kind }) => kind !== 'blob-damaged')
    this.#readAll(packId, sizeBytes, header, undefined)
  }

  /** Reads every byte in order; returns the last window, which then lies in the arena. */
  #readAll(packId: string, sizeBytes: number, blobs: readonly PackedBlob[], hasher: Hash | undefined): PackWindow {
    const { arena, packs, window, windowBytes } = this.#parts
    const windows = planWindows(blobs, sizeBytes, windowBytes, window.sizeBytes)
    let tail: PackWindow = { offset: 0, length: 0, firstBlob: 0, endBlob: 0 }
    for (const [at, piece] of windows.entries()) {
      const next = windows[at + 1]
      const ahead = next === undefined || packs.isLocal ? undefined : { packId, ...next }
      packs.read(packId, piece.offset, piece.length, window.at, ahead)
      hasher?.update(arena.bytes.subarray(window.at, window.at + piece.length))
      this.#openBlobs(packId, blobs, piece)
      tail = piece
    }
    return tail
  }

  #openBlobs(packId: string, blobs: readonly PackedBlob[], { offset, firstBlob, endBlob }: PackWindow): void {
    const { arena, onTree } = this.#parts
    const base = this.#parts.window.at - offset
    const opened = new OpenedBlobs<PackedBlob>(this.#parts, {
      sound(blob, at, length) {
        if (blob.type === 'tree') onTree(arena.bytes.subarray(at, at + length), blob.id)
      },
      wrong: (blob, reason) => this.#damaged(packId, blob, reason),
    })
    const small: PackedBlob[] = []
    for (let i = firstBlob; i < endBlob; i++) {
      const blob = blobs[i]
      if (blob === undefined) continue
      if (isSmall(blob.length)) small.push(blob)
      else this.#openOne(packId, blob, base + blob.offset, opened)
    }
    this.#openMany(packId, small, base, opened)
    opened.deliver()
  }

  #openMany(packId: string, blobs: readonly PackedBlob[], base: number, opened: OpenedBlobs<PackedBlob>): void {
    const ats = blobs.map(({ offset }) => base + offset)
    const sealed = blobs.map(({ length }) => length)
    const sound = sealed.every((length) => length >= sealOverheadBytes)
    const targets = ats.map((at) => at + 16)
    if (sound && this.#parts.cipher.openBatch(ats, sealed, targets) < 0) {
      for (const blob of blobs) opened.add(blob, openedAt(blob, base + blob.offset + 16))
    } else {
      // nothing was decrypted: one by one, to see which are sound
      for (const blob of blobs) this.#openOne(packId, blob, base + blob.offset, opened)
    }
  }

  /** Decrypts in place: the window has been hashed already. */
  #openOne(packId: string, blob: PackedBlob, at: number, opened: OpenedBlobs<PackedBlob>): void {
    if (this.#parts.cipher.open(at, blob.length, at + 16)) opened.add(blob, openedAt(blob, at + 16))
    else this.#damaged(packId, blob, 'wrong message authentication code')
  }

  #readHeader(packId: string, sizeBytes: number, tail: PackWindow): readonly PackedBlob[] | undefined {
    const { arena, key, packs, window } = this.#parts
    // the last piece holds the whole header, unless the index was of no use in planning the pieces
    if (tail.firstBlob === tail.endBlob) {
      const length = Math.min(sizeBytes, window.sizeBytes, maxPackHeaderBytes + 4)
      packs.read(packId, sizeBytes - length, length, window.at)
      tail = { offset: sizeBytes - length, length, firstBlob: 0, endBlob: 0 }
    }
    const name = `pack ${packId.slice(0, 8)}`
    try {
      return openPackHeader(key, arena.bytes.subarray(window.at, window.at + tail.length), sizeBytes, name)
    } catch (error) {
      if (!isAppError(error, 'REPOSITORY_DAMAGED')) throw error
      this.#found('pack-header-damaged', packId, error.message)
      return undefined
    }
  }

  #damaged(packId: string, blob: PackedBlob, reason: string): void {
    this.#found('blob-damaged', blob.id, `${blob.type} blob in pack ${packId} at ${blob.offset}: ${reason}`)
  }

  #found(kind: PackProblem['kind'], id: string, reason: string): void {
    this.#problems.push({ kind, id, reason })
  }
}

function describeDifference(index: readonly PackedBlob[], header: readonly PackedBlob[]): string | undefined {
  if (index.length !== header.length) {
    return `the index places ${index.length} blobs in it, its header ${header.length}`
  }
  for (const [at, expected] of header.entries()) {
    const found = index[at]
    if (found === undefined || found.offset !== expected.offset || !describesSame(found, expected)) {
      return `the index and its header differ about blob ${expected.id.slice(0, 8)} at ${expected.offset}`
    }
  }
  return undefined
}
