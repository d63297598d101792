import { crc32 } from 'node:zlib'
import type { BinlogEvent } from '../binlog/binlog-event.ts'

/**
 * Transactions of MariaDB that are replayed get numbers of the server's own. With those of the log, the server's own log would
 * hold numbers that go back, which replicas and mariadb-binlog refuse: nothing could be recovered over that place. 0 means
 * "the next one" to a server, but no event may have it: a number that no server reaches stands in between.
 */
const standIn = 9_223_372_036_854_775_806n
const headerBytes = 19
const before = Buffer.from(`SET @@session.gtid_seq_no=${standIn}`)
const after = Buffer.from('SET @@session.gtid_seq_no=0'.padEnd(before.length))

/** The event that begins a transaction, with the stand-in. */
export function withStandInNumber({ bytes }: BinlogEvent, checksumBytes: number): Buffer {
  const own = Buffer.from(bytes)
  own.writeBigUInt64LE(standIn, headerBytes)
  if (checksumBytes === 4) own.writeUInt32LE(crc32(own.subarray(0, -4)), own.length - 4)
  return own
}

/** Statements that mariadb-binlog made, with 0 for the stand-in. */
export async function* withOwnNumbers(
  statements: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of statements) {
    const bytes = Buffer.concat([rest, piece])
    for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at + before.length)) after.copy(bytes, at)
    // its end may come with the next piece
    const end = Math.max(0, bytes.length - before.length + 1)
    rest = bytes.subarray(end)
    yield bytes.subarray(0, end)
  }
  yield rest
}
