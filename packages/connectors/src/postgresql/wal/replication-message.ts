import type { Lsn } from './lsn.ts'

/** What a server sends while it streams WAL. Source: PostgreSQL documentation, "Streaming Replication Protocol". */
export type ReplicationMessage =
  | {
      readonly type: 'wal'
      /** where `bytes` begin */
      readonly startLsn: Lsn
      /** up to here the server had WAL on disk when it sent this */
      readonly serverEndLsn: Lsn
      /** the server's clock: microseconds since 2000-01-01 UTC */
      readonly sentAt: bigint
      readonly bytes: Uint8Array
    }
  | {
      readonly type: 'keepalive'
      /** up to here it has sent everything */
      readonly sentLsn: Lsn
      readonly sentAt: bigint
      /** it wants a status now: it hears too little, or it is shutting down and waits for the last bytes to be flushed */
      readonly replyRequested: boolean
    }

const walHeaderBytes = 25
const keepaliveBytes = 18

/** undefined for kinds of message that do not exist yet. A view is returned, not a copy. */
export function parseReplicationMessage(message: Uint8Array): ReplicationMessage | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  if (message[0] === 0x77 && message.length >= walHeaderBytes) {
    return {
      type: 'wal',
      startLsn: view.getBigUint64(1),
      serverEndLsn: view.getBigUint64(9),
      sentAt: view.getBigInt64(17),
      bytes: message.subarray(walHeaderBytes),
    }
  }
  if (message[0] === 0x6b && message.length >= keepaliveBytes) {
    return {
      type: 'keepalive',
      sentLsn: view.getBigUint64(1),
      sentAt: view.getBigInt64(9),
      replyRequested: view.getUint8(17) !== 0,
    }
  }
  return undefined
}

export interface StandbyStatus {
  readonly receivedLsn: Lsn
  /** What the server may throw away. 0: nothing new to say about it. */
  readonly flushedLsn: Lsn
  /** our clock, microseconds since 2000-01-01 UTC */
  readonly sentAt: bigint
  readonly requestReply: boolean
}

export function standbyStatus({ receivedLsn, flushedLsn, sentAt, requestReply }: StandbyStatus): Uint8Array {
  const bytes = Buffer.alloc(34)
  bytes[0] = 0x72
  bytes.writeBigUInt64BE(receivedLsn, 1)
  bytes.writeBigUInt64BE(flushedLsn, 9)
  // Nothing is applied here.
  bytes.writeBigUInt64BE(0n, 17)
  bytes.writeBigInt64BE(sentAt, 25)
  bytes[33] = requestReply ? 1 : 0
  return bytes
}
