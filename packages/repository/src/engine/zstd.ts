import {
  constants,
  createZstdCompress,
  createZstdDecompress,
  type ZstdCompress,
  type ZstdDecompress,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'

/** Compresses `length` bytes at `from` into `target`; returns the size, or 0 when it does not fit into `room`. */
export type Compress = (from: number, length: number, target: number, room: number) => number

/** Decompresses exactly `rawLength` bytes to `target`; returns false when the frame is damaged or of another size. */
export type Decompress = (from: number, length: number, target: number, rawLength: number) => boolean

/**
 * Node's public zstd calls create a context for every call (15–34 µs and megabytes of garbage), which for 100 000 small
 * blobs costs more than the compression. The stream objects keep their context, and the handle inside them can be called
 * directly into memory of our own. That handle is not public: `usesPersistentContext` tells whether it is there and works,
 * and the public calls serve where it does not (tested for both).
 */
interface StreamHandle {
  /** state afterwards: [room left, input left] */
  writeSync(flush: number, from: Buffer, at: number, length: number, to: Buffer, target: number, room: number): void
}

interface Context {
  readonly handle: StreamHandle
  readonly state: Uint32Array
}

function contextOf(stream: ZstdCompress | ZstdDecompress): Context | undefined {
  // a damaged frame is reported by the return value; without a listener the stream's own event would end the process
  stream.on('error', () => {})
  // boundary: the shape is checked before use
  const { _handle: handle, _writeState: state } = stream as { _handle?: StreamHandle; _writeState?: unknown }
  return typeof handle?.writeSync === 'function' && state instanceof Uint32Array ? { handle, state } : undefined
}

/** A failing call leaves the state as it was; this value can never be a true remainder. */
const unfinished = 0xffffffff

const smallFrameBytes = 131072

/** A context is thrown away after any call that did not end a frame: it must not continue with the next one. */
function keepContext(create: () => ZstdCompress | ZstdDecompress): () => { context: Context; drop: () => void } {
  let context: Context | undefined
  const drop = (): void => {
    context = undefined
  }
  return () => {
    context ??= contextOf(create())
    if (context === undefined) throw new Error('the zstd context has vanished')
    return { context, drop }
  }
}

/** zstd level of each of restic's compression modes. Level 3 comes nearest to what restic's own default stores. */
export const zstdLevels = { fastest: 1, auto: 3, better: 6, max: 19 } as const

export function createCompressor(memory: Buffer, level: number, persistent = usesPersistentContext()): Compress {
  const params = { [constants.ZSTD_c_compressionLevel]: level }
  if (!persistent) return compressPublicly(memory, params)
  // zstd gives memory back when a context was too large for a while and takes it again later, which leaves holes in the
  // allocator's arena (tens of megabytes a thread): so that sizes do not alternate, small and large have one each
  const small = keepContext(() => createZstdCompress({ params }))
  const large = keepContext(() => createZstdCompress({ params }))
  return (from, length, target, room) => {
    const { context, drop } = length <= smallFrameBytes ? small() : large()
    context.state.fill(unfinished)
    context.handle.writeSync(constants.ZSTD_e_end, memory, from, length, memory, target, room)
    const [roomLeft = 0, inputLeft = 0] = context.state
    if (inputLeft === 0 && roomLeft > 0) return room - roomLeft
    drop()
    return 0
  }
}

function compressPublicly(memory: Buffer, params: Record<number, number>): Compress {
  return (from, length, target, room) => {
    const frame = zstdCompressSync(memory.subarray(from, from + length), { params, chunkSize: Math.max(1024, length) })
    if (frame.length > room) return 0
    memory.set(frame, target)
    return frame.length
  }
}

export function createDecompressor(memory: Buffer, persistent = usesPersistentContext()): Decompress {
  if (!persistent) return decompressPublicly(memory)
  const current = keepContext(() => createZstdDecompress())
  return (from, length, target, rawLength) => {
    const { context, drop } = current()
    context.state.fill(unfinished)
    // one byte more than expected, so that a frame that holds more is noticed
    context.handle.writeSync(constants.ZSTD_e_end, memory, from, length, memory, target, rawLength + 1)
    const [roomLeft = 0, inputLeft = 0] = context.state
    if (inputLeft === 0 && roomLeft === 1) return true
    drop()
    return false
  }
}

function decompressPublicly(memory: Buffer): Decompress {
  return (from, length, target, rawLength) => {
    try {
      const options = { maxOutputLength: rawLength + 1, chunkSize: Math.max(64, rawLength + 1) }
      const raw = zstdDecompressSync(memory.subarray(from, from + length), options)
      if (raw.length !== rawLength) return false
      memory.set(raw, target)
      return true
    } catch {
      return false
    }
  }
}

/** Whether this Node offers the persistent context. */
export function usesPersistentContext(): boolean {
  return contextOf(createZstdCompress()) !== undefined && contextOf(createZstdDecompress()) !== undefined
}
