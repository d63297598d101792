import { GtidSet } from './gtid-set.ts'

/** Types of events in a binary log, as both families number them ("Binary Log Event Types"). */
export const eventType = {
  query: 2,
  stop: 3,
  rotate: 4,
  formatDescription: 15,
  xid: 16,
  heartbeat: 27,
  gtid: 33,
  anonymousGtid: 34,
  previousGtids: 35,
  xaPrepare: 38,
  transactionPayload: 40,
  heartbeat2: 41,
  mariadbGtid: 162,
  mariadbGtidList: 163,
  mariadbStartEncryption: 164,
  mariadbQueryCompressed: 165,
} as const

const headerBytes = 19
export const binlogMagic = Buffer.from([0xfe, 0x62, 0x69, 0x6e])
/** made by the server for this stream, and in no file */
const artificialFlag = 0x20

/** An event as it lies in a file, with what its header says. */
export interface BinlogEvent {
  readonly type: number
  /** seconds since 1970, when its statement began */
  readonly timestamp: number
  readonly serverId: number
  /** where the next event begins, modulo 2^32; 0 for events that are in no file */
  readonly endPosition: number
  readonly isArtificial: boolean
  /** header, body and checksum */
  readonly bytes: Buffer
}

/** undefined when these are not the bytes of one whole event */
export function readEvent(bytes: Buffer): BinlogEvent | undefined {
  if (bytes.length < headerBytes || bytes.readUInt32LE(9) !== bytes.length) return undefined
  return {
    timestamp: bytes.readUInt32LE(0),
    type: bytes[4] ?? 0,
    serverId: bytes.readUInt32LE(5),
    endPosition: bytes.readUInt32LE(13),
    isArtificial: (bytes.readUInt16LE(17) & artificialFlag) !== 0,
    bytes,
  }
}

/** The events of a part of a file, which must begin and end between two of them; the magic number may come first. */
export function* eventsIn(bytes: Buffer): Generator<BinlogEvent, void, undefined> {
  let at = bytes.subarray(0, 4).equals(binlogMagic) ? 4 : 0
  while (at < bytes.length) {
    const sizeBytes = at + headerBytes <= bytes.length ? bytes.readUInt32LE(at + 9) : 0
    const event = readEvent(bytes.subarray(at, at + Math.max(sizeBytes, headerBytes)))
    if (event === undefined) throw new Error(`no event begins at offset ${at}`)
    yield event
    at += sizeBytes
  }
}

/** How events of a file end, from its format description: 4 bytes of CRC-32, or nothing. */
export function checksumBytesOf(formatDescription: BinlogEvent): number {
  // the algorithm stands before the description's own checksum, which is always there
  return formatDescription.bytes[formatDescription.bytes.length - 5] === 1 ? 4 : 0
}

/** The text of a query event, at most so many bytes of it, and the database that it runs in. */
export function readQuery(
  event: BinlogEvent,
  checksumBytes: number,
  atMostBytes = 64,
): { readonly database: string; readonly text: string } {
  const body = event.bytes.subarray(headerBytes, event.bytes.length - checksumBytes)
  if (body.length < 13) return { database: '', text: '' }
  const nameBytes = body[8] ?? 0
  const nameAt = 13 + body.readUInt16LE(11)
  const textAt = nameAt + nameBytes + 1
  return {
    database: body.subarray(nameAt, nameAt + nameBytes).toString('utf8'),
    text: body.subarray(textAt, textAt + atMostBytes).toString('utf8'),
  }
}

/** Name of the file and position that a rotate event leads to. */
export function rotateTarget(
  event: BinlogEvent,
  checksumBytes: number,
): { readonly file: string; readonly position: number } {
  const body = event.bytes.subarray(headerBytes, event.bytes.length - checksumBytes)
  return { position: Number(body.readBigUInt64LE(0)), file: body.subarray(8).toString('utf8') }
}

/** The GTID that an event begins a transaction with; `isStandalone`: one statement follows, and no COMMIT. */
export function readGtid(event: BinlogEvent): { readonly gtid: string; readonly isStandalone: boolean } | undefined {
  const body = event.bytes.subarray(headerBytes)
  if (event.type === eventType.mariadbGtid) {
    const gtid = `${body.readUInt32LE(8)}-${event.serverId}-${body.readBigUInt64LE(0)}`
    return { gtid, isStandalone: ((body[12] ?? 0) & 1) !== 0 }
  }
  if (event.type !== eventType.gtid) return undefined
  // MySQL marks statements of their own by what follows
  return { gtid: `${readUuid(body.subarray(1, 17))}:${body.readBigInt64LE(17)}`, isStandalone: false }
}

/**
 * The transactions before a file, which its server writes near the file's beginning: MariaDB as the newest of each domain
 * and server, MySQL as intervals. undefined for other events, and for sets with tags, which are not understood.
 */
export function readGtidsBefore(event: BinlogEvent): GtidSet | undefined {
  const body = event.bytes.subarray(headerBytes)
  const set = new GtidSet()
  if (event.type === eventType.mariadbGtidList) {
    // the upper four bits are flags
    const count = body.readUInt32LE(0) & 0x0fff_ffff
    for (let at = 4; at < 4 + 16 * count; at += 16) {
      set.add(`${body.readUInt32LE(at)}-${body.readUInt32LE(at + 4)}-${body.readBigUInt64LE(at + 8)}`)
    }
    return set
  }
  if (event.type !== eventType.previousGtids) return undefined
  const count = body.readBigUInt64LE(0)
  if (count > 0xffff_ffffn) return undefined
  let at = 8
  for (let index = 0n; index < count; index++) {
    const uuid = readUuid(body.subarray(at, at + 16))
    const intervals = Number(body.readBigUInt64LE(at + 16))
    at += 24
    for (const end = at + 16 * intervals; at < end; at += 16) {
      set.addInterval(uuid, body.readBigUInt64LE(at), body.readBigUInt64LE(at + 8) - 1n)
    }
  }
  return set
}

function readUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
