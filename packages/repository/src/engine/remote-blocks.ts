import { releaseBuffer } from './release-buffer.ts'

/** Blocks begin at multiples of this … */
const blockStepBytes = 1 << 20
/** … and are longer by what a small read has at most, so that it never lies across two. */
const smallReadBytes = 512 << 10
const blocksAtMost = 8
const seenAtMost = 4096

/** A part of a pack that is worth having whole. */
export interface PackBlock {
  readonly packId: string
  readonly offset: number
  readonly length: number
}

/** Memory for a block; what it holds is the reader's business. */
interface KeptBlock extends PackBlock {
  readonly memory: SharedArrayBuffer
}

/**
 * Turns many small reads of packs that are far away into few large ones. Directories and the files in them lie close
 * together in packs, but are wanted one by one, parents before children, which is backwards; each request would wait for
 * its answer. The second small read in a block brings all of it; the first does not, for who restores single files pays
 * for every byte.
 */
export class RemoteBlocks {
  /** the least recently used first */
  readonly #kept = new Map<string, KeptBlock>()
  readonly #seen = new Set<string>()

  /** The block to read instead of a small range, if there is reason to; `packEnd` is where the pack's last blob ends. */
  worthReading({ packId, offset, length }: PackBlock, packEnd: number): PackBlock | undefined {
    if (length > smallReadBytes || offset + length > packEnd) return undefined
    const start = offset - (offset % blockStepBytes)
    const key = `${packId}:${start}`
    if (this.#kept.has(key) || this.#seen.has(key)) {
      return { packId, offset: start, length: Math.min(blockStepBytes + smallReadBytes, packEnd - start) }
    }
    if (this.#seen.size >= seenAtMost) this.#seen.clear()
    this.#seen.add(key)
    return undefined
  }

  /** The bytes of a block, read by `read` unless they are here still. */
  bytesOf(block: PackBlock, read: (memory: SharedArrayBuffer) => Uint8Array): Uint8Array {
    const key = `${block.packId}:${block.offset}`
    const known = this.#kept.get(key)
    this.#kept.delete(key)
    if (known !== undefined) {
      this.#kept.set(key, known)
      return new Uint8Array(known.memory, 0, known.length)
    }
    const memory = this.#memory()
    const bytes = read(memory)
    const kept = new Uint8Array(memory, 0, block.length)
    // Memory that went to another thread and back is another object for the same bytes; out of a cache comes other memory.
    if (!(bytes.buffer instanceof SharedArrayBuffer)) {
      kept.set(bytes)
      releaseBuffer(bytes)
    }
    this.#kept.set(key, { ...block, memory })
    return kept
  }

  #memory(): SharedArrayBuffer {
    const oldest = this.#kept.entries().next()
    if (this.#kept.size < blocksAtMost || oldest.done === true) {
      return new SharedArrayBuffer(blockStepBytes + smallReadBytes)
    }
    this.#kept.delete(oldest.value[0])
    return oldest.value[1].memory
  }
}
