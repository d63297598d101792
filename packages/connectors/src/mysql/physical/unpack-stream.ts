import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { XbstreamChunk } from './xbstream-reader.ts'

/** A file of the stream. Its chunks must be read to their end before the next file is asked for. */
export interface UnpackedFile {
  /** "shop/orders.ibd" */
  readonly path: string
  readonly content:
    | { readonly type: 'stream'; readonly chunks: AsyncGenerator<Uint8Array, void, undefined> }
    /** a file that came among others; it is there until the unpacking has ended */
    | { readonly type: 'local'; readonly path: string }
}

/** Written all the time while data files are copied. */
const redoLog = 'ib_logfile0'

/**
 * Files out of a stream in which they may come in parts among each other: one at a time flows on as it comes, what comes
 * between waits in a temporary directory. Throws when a file has a hole or no end.
 */
export async function* unpackStream(
  chunks: AsyncGenerator<XbstreamChunk, void, undefined>,
  temporaryDirectory: string,
): AsyncGenerator<UnpackedFile, void, undefined> {
  const directory = await mkdtemp(join(temporaryDirectory, 'holdfast-xbstream-'))
  const spool = new Spool(directory)
  try {
    for (;;) {
      const next = await chunks.next()
      if (next.done === true) break
      const chunk = next.value
      if (chunk.path === redoLog || spool.has(chunk.path)) {
        await spool.add(chunk)
        continue
      }
      const { path } = chunk
      if (path.split('/').some((name) => name === '' || name === '.' || name === '..'))
        throw new Error(`${path} is no file of a data directory`)
      const state = { isRead: false }
      yield { path, content: { type: 'stream', chunks: oneFile(chunk, chunks, spool, () => (state.isRead = true)) } }
      if (!state.isRead) throw new Error(`${path} was not read to its end`)
    }
    yield* spool.files()
  } finally {
    await spool.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function* oneFile(
  first: XbstreamChunk,
  chunks: AsyncGenerator<XbstreamChunk, void, undefined>,
  spool: Spool,
  done: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let reached = 0
  let chunk: XbstreamChunk | undefined = first
  for (;;) {
    if (chunk.path !== first.path) await spool.add(chunk)
    else if (chunk.type === 'end') break
    else {
      if (chunk.offset !== reached) throw new Error(`${chunk.path} has a hole at ${reached}`)
      reached += chunk.bytes.length
      yield chunk.bytes
    }
    const next = await chunks.next()
    if (next.done === true) throw new Error(`${first.path} has no end`)
    chunk = next.value
  }
  done()
}

/** Files that wait for their turn. */
class Spool {
  readonly #directory: string
  readonly #files = new Map<string, { readonly local: string; handle: Awaited<ReturnType<typeof open>> | undefined }>()

  constructor(directory: string) {
    this.#directory = directory
  }

  has(path: string): boolean {
    return this.#files.get(path)?.handle !== undefined
  }

  async add(chunk: XbstreamChunk): Promise<void> {
    let file = this.#files.get(chunk.path)
    if (file === undefined) {
      const local = join(this.#directory, String(this.#files.size))
      file = { local, handle: await open(local, 'w', 0o600) }
      this.#files.set(chunk.path, file)
    }
    if (chunk.type === 'payload') await file.handle?.write(chunk.bytes, 0, chunk.bytes.length, chunk.offset)
    else {
      await file.handle?.close()
      file.handle = undefined
    }
  }

  *files(): Generator<UnpackedFile, void, undefined> {
    for (const [path, { local, handle }] of this.#files) {
      if (handle !== undefined) throw new Error(`${path} has no end`)
      yield { path, content: { type: 'local', path: local } }
    }
  }

  async close(): Promise<void> {
    for (const { handle } of this.#files.values()) await handle?.close()
  }
}
