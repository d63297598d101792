import { isAppError } from '@holdfast/core/errors/app-error'
import type { ByteRange, FileId } from './backend.ts'
import { damaged, resolveRange } from './byte-range.ts'
import { createRelease } from './release-piece.ts'

/** No file of a repository is larger: a pack holds at most 128 MiB beyond its last blob, an index less. */
const largestFileBytes = 2 ** 31

/** The head of a reply. */
export interface ReplyHead {
  readonly status: number
  readonly headers: { readonly 'content-length'?: string | undefined }
}

export interface ReceiveFile {
  readonly file: FileId
  readonly range: ByteRange | undefined
  readonly location: string
  sizeBytes(): Promise<number>
  /** GET with these headers; 416 is handed back instead of thrown */
  get(headers: Record<string, string>, onBody: (piece: Uint8Array) => void): Promise<ReplyHead>
}

/**
 * Reads a file or a range of it over HTTP. Servers differ in what they do with a range beyond the end, so the answer is
 * judged by the bytes that came: fewer than asked for is STORAGE_DAMAGED, and no more than asked for is kept.
 */
export async function receiveFile(source: ReceiveFile): Promise<Uint8Array> {
  const { file, range, location } = source
  // HTTP has no way to say "no bytes" or "20 bytes, beginning 100 before the end".
  if (range !== undefined && (range.length === 0 || (range.offset < 0 && range.length !== undefined))) {
    const { start, length } = resolveRange(range, await source.sizeBytes(), file, location)
    return length === 0 ? new Uint8Array(0) : await receiveFile({ ...source, range: { offset: start, length } })
  }
  const wanted = range?.length ?? (range !== undefined && range.offset < 0 ? -range.offset : undefined)
  const body = wanted === undefined ? collectPieces() : fillWhole(wanted, range?.into)
  const reply = await source.get(rangeHeader(range), body.add).catch(async (error: unknown) => {
    // rclone promises bytes beyond the end and then breaks off: asking again would never help.
    if (range !== undefined && isAppError(error, 'STORAGE_UNREACHABLE')) await requireWithin(source, range)
    throw error
  })
  if (reply.status === 416) {
    const { start, length } = resolveRange(range, await source.sizeBytes(), file, location)
    if (length === 0) return new Uint8Array(0)
    throw damaged(file, location, `the server refuses to read ${length} bytes from ${start}`)
  }
  if (range !== undefined && reply.status !== 206) {
    throw damaged(file, location, `the server answered a range with HTTP ${reply.status}`)
  }
  const bytes = body.bytes()
  // Some servers answer a beginning beyond the end with nothing, just as they do one at the end.
  if (range !== undefined && bytes.byteLength === 0) resolveRange(range, await source.sizeBytes(), file, location)
  const announced = reply.headers['content-length']
  const expected = wanted ?? (announced === undefined ? bytes.byteLength : Number(announced))
  if (bytes.byteLength !== expected) {
    throw damaged(file, location, `${bytes.byteLength} of ${expected} bytes came`)
  }
  return bytes
}

/** Fails with STORAGE_DAMAGED if the server can tell the file's size and it is too small for the range. */
async function requireWithin(source: ReceiveFile, range: ByteRange): Promise<void> {
  const sizeBytes = await source.sizeBytes().catch(() => undefined)
  if (sizeBytes !== undefined) resolveRange(range, sizeBytes, source.file, source.location)
}

function rangeHeader(range: ByteRange | undefined): Record<string, string> {
  if (range === undefined) return {}
  if (range.offset < 0) return { range: `bytes=${range.offset}` }
  const end = range.length === undefined ? '' : range.offset + range.length - 1
  return { range: `bytes=${range.offset}-${end}` }
}

interface Collector {
  add(piece: Uint8Array): void
  bytes(): Uint8Array
}

/** For a file of unknown size, with a limit, so that a server cannot fill the memory. */
function collectPieces(): Collector {
  const pieces: Uint8Array[] = []
  let size = 0
  return {
    add(piece) {
      size += piece.byteLength
      refuseBeyond(largestFileBytes, size)
      pieces.push(piece)
    },
    bytes: () => Buffer.concat(pieces, size),
  }
}

/**
 * Each piece is copied to its place as it comes, and the memory it came in is freed: to collect that as garbage took a
 * tenth of the time of a large restore, and until then it lay about.
 */
function fillWhole(sizeBytes: number, into: Uint8Array = Buffer.allocUnsafeSlow(sizeBytes)): Collector {
  const release = createRelease()
  let size = 0
  return {
    add(piece) {
      refuseBeyond(sizeBytes, size + piece.byteLength)
      into.set(piece, size)
      size += piece.byteLength
      release(piece)
    },
    bytes: () => into.subarray(0, size),
  }
}

function refuseBeyond(limitBytes: number, sizeBytes: number): void {
  if (sizeBytes > limitBytes) throw new Error(`the server sends more than the ${limitBytes} bytes asked for`)
}
