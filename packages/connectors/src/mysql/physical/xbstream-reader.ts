import { crc32 } from 'node:zlib'
import { ByteFeed } from './byte-feed.ts'

/** Bytes of a file in a stream of mariadb-backup, or the file's end. */
export type XbstreamChunk =
  | { readonly type: 'payload'; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly type: 'end'; readonly path: string }

const magic = 'XBSTCK01'
const ignorableFlag = 1
const longestPath = 4096
/** mariadb-backup writes 10 MiB at most */
const longestPayload = 1 << 30

/**
 * Reads the xbstream format (`mbstream --help`; extra/mariabackup/xbstream.h in MariaDB): chunks of magic, flags, type,
 * path, and for payload length, offset and CRC-32. Throws when it is cut off, damaged, or has chunks that are not known.
 */
export async function* readXbstream(input: AsyncIterable<Uint8Array>): AsyncGenerator<XbstreamChunk, void, undefined> {
  const feed = new ByteFeed(input)
  for (;;) {
    const start = await feed.take(14)
    if (start === undefined) return
    if (start.toString('latin1', 0, 8) !== magic) throw new Error('a chunk does not begin as chunks do')
    const [flags = 0, type = 0] = [start[8], start[9]]
    const path = (await feed.need(limited(start.readUInt32LE(10), longestPath))).toString('utf8')
    if (type === 0x45) {
      yield { type: 'end', path }
      continue
    }
    if (type !== 0x50) {
      if ((flags & ignorableFlag) !== 0) continue
      throw new Error(
        `a chunk of ${path} is of type ${String.fromCharCode(type)}: tables were made, renamed or dropped meanwhile`,
      )
    }
    const head = await feed.need(20)
    let left = limited(Number(head.readBigUInt64LE(0)), longestPayload)
    let offset = Number(head.readBigUInt64LE(8))
    let checksum = 0
    // what flows on before its checksum was seen counts only if the rest comes
    while (left > 0) {
      const bytes = await feed.some(left)
      checksum = crc32(bytes, checksum)
      yield { type: 'payload', path, offset, bytes }
      left -= bytes.length
      offset += bytes.length
    }
    if (checksum !== head.readUInt32LE(16)) throw new Error(`a part of ${path} is damaged`)
  }
}

function limited(length: number, most: number): number {
  if (length <= most) return length
  throw new Error('a chunk is longer than any can be')
}
