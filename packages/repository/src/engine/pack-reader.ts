import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Arena } from './arena.ts'
import { releaseBuffer } from './release-buffer.ts'
import { RemoteBlocks } from './remote-blocks.ts'
import type { WorkerPort } from './worker-port.ts'

/** Reads ranges of packs into an arena, synchronously, in a worker thread. */
export interface PackReader {
  /**
   * Reads exactly `length` bytes to address `target`. Throws STORAGE_… errors. `ahead` may name the range that will be
   * wanted next: it is fetched while this one is processed. `packEnd`, where the last blob of the pack ends, allows to
   * read more than is asked for and to answer later reads from that.
   */
  read(packId: string, offset: number, length: number, target: number, ahead?: PackRange, packEnd?: number): void
  /** Whether reading more than is wanted at the moment costs little. */
  readonly isLocal: boolean
}

export interface PackRange {
  readonly packId: string
  readonly offset: number
  readonly length: number
}

const openFilesAtMost = 64

/** Packs on a local disk are read by the worker itself; `root` is the repository's directory. */
export function createLocalPackReader(arena: Arena, root: string): PackReader {
  const descriptors = new Map<string, number>()
  const descriptorOf = (packId: string): number => {
    const known = descriptors.get(packId)
    if (known !== undefined) return known
    const oldest = descriptors.entries().next()
    if (descriptors.size >= openFilesAtMost && oldest.done !== true) {
      descriptors.delete(oldest.value[0])
      closeSync(oldest.value[1])
    }
    const opened = openPack(root, packId)
    descriptors.set(packId, opened)
    return opened
  }
  return {
    isLocal: true,
    read(packId, offset, length, target) {
      const descriptor = descriptorOf(packId)
      for (let done = 0; done < length;) {
        const count = readPack(root, packId, descriptor, arena.bytes, target + done, length - done, offset + done)
        if (count === 0) throw damaged(packId, root, `it ends before byte ${offset + length}`)
        done += count
      }
    },
  }
}

/** A failing disk must be an error of this pack, for which another copy may stand in, not the end of the thread. */
function readPack(
  root: string,
  packId: string,
  descriptor: number,
  bytes: Buffer,
  target: number,
  length: number,
  offset: number,
): number {
  try {
    return readSync(descriptor, bytes, target, length, offset)
  } catch (error) {
    const details = { action: 'read', file: `pack ${packId}`, location: root, reason: String(error) }
    throw new AppError('STORAGE_UNREACHABLE', details, { cause: error })
  }
}

function openPack(root: string, packId: string): number {
  try {
    return openSync(join(root, 'data', packId.slice(0, 2), packId), 'r')
  } catch (error) {
    const file = `pack ${packId}`
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new AppError('STORAGE_FILE_MISSING', { file, location: root }, { cause: error })
    }
    const reason = String(error)
    throw new AppError('STORAGE_UNREACHABLE', { action: 'open', file, location: root, reason }, { cause: error })
  }
}

function damaged(packId: string, location: string, reason: string): AppError {
  return new AppError('STORAGE_DAMAGED', { file: `pack ${packId}`, location, reason })
}

/** What is read at once is usually at most this long; longer reads are rare, and bring memory of their own. */
const slotBytes = 8 << 20
const aheadAtLeastBytes = 512 << 10

/** Memory shared with the main thread, which is used again and again: new memory for every read would take longer than to read. */
class Slots {
  readonly #free: SharedArrayBuffer[] = []

  take(length: number): SharedArrayBuffer | undefined {
    return length > slotBytes ? undefined : (this.#free.pop() ?? new SharedArrayBuffer(slotBytes))
  }

  give(slot: SharedArrayBuffer | undefined): void {
    if (slot !== undefined) this.#free.push(slot)
  }
}

interface Asked {
  readonly ticket: number
  readonly slot: SharedArrayBuffer | undefined
}

/** Packs elsewhere are fetched by the main thread while the worker waits. */
export function createRemotePackReader(arena: Arena, port: WorkerPort<unknown, never>, repository = 0): PackReader {
  const asked = new Map<string, Asked>()
  const slots = new Slots()
  const key = ({ packId, offset, length }: PackRange): string => `${packId}:${offset}:${length}`
  const ask = ({ packId, offset, length }: PackRange, slot: SharedArrayBuffer | undefined): Asked => {
    const file = { type: 'data', name: packId } as const
    const into = slot === undefined ? {} : { into: slot }
    return { ticket: port.ask({ type: 'read', repository, file, offset, length, ...into }), slot }
  }
  const receive = ({ ticket }: Asked, { packId, length }: PackRange): Uint8Array => {
    const reply = port.receive(ticket)
    if (reply.type !== 'bytes') throw new Error('a read was answered with something else')
    if (reply.bytes.length === length) return reply.bytes
    throw damaged(packId, 'the storage', `${reply.bytes.length} bytes instead of ${length}`)
  }
  const blocks = new RemoteBlocks()
  const readBlock = (block: PackRange): Uint8Array =>
    blocks.bytesOf(block, (memory) => receive(ask(block, memory), block))
  return {
    isLocal: false,
    read(packId, offset, length, target, ahead, packEnd = 0) {
      const range = { packId, offset, length }
      const early = asked.get(key(range))
      asked.delete(key(range))
      const block = early === undefined ? blocks.worthReading(range, packEnd) : undefined
      if (block !== undefined) {
        const from = offset - block.offset
        arena.bytes.set(readBlock(block).subarray(from, from + length), target)
        return
      }
      const current = early ?? ask(range, slots.take(length))
      // what is small may soon be here with its neighbours
      if (ahead !== undefined && (packEnd === 0 || ahead.length > aheadAtLeastBytes) && !asked.has(key(ahead))) {
        asked.set(key(ahead), ask(ahead, slots.take(ahead.length)))
      }
      try {
        const bytes = receive(current, range)
        arena.bytes.set(bytes, target)
        releaseBuffer(bytes)
      } finally {
        slots.give(current.slot)
      }
    },
  }
}
