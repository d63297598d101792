import { type BinlogEvent, checksumBytesOf, eventType, readQuery, readGtid } from './binlog-event.ts'

/** A transaction, or a statement that is one by itself, as it lies in a file. */
export interface LoggedTransaction {
  /** of its first event */
  readonly startPosition: number
  /** where the next begins */
  readonly endPosition: number
  /** seconds since 1970, of its COMMIT */
  readonly committedAt: number
  readonly gtid?: string
}

/**
 * Tells from the events of a file, in order, where transactions begin and end. Positions are counted here, since headers
 * hold them modulo 2^32.
 */
export class TransactionTracker {
  #position: number
  #checksumBytes: number
  #open: { readonly startPosition: number; readonly gtid?: string; isBegun: boolean } | undefined

  constructor(position: number, checksumBytes = 4) {
    this.#position = position
    this.#checksumBytes = checksumBytes
  }

  get position(): number {
    return this.#position
  }

  get checksumBytes(): number {
    return this.#checksumBytes
  }

  /** undefined between transactions */
  get openSince(): number | undefined {
    return this.#open?.startPosition
  }

  /** Returns the transaction that ends with this event. */
  add(event: BinlogEvent): LoggedTransaction | undefined {
    const startPosition = this.#position
    this.#position += event.bytes.length
    const { type } = event
    if (type === eventType.formatDescription) this.#checksumBytes = checksumBytesOf(event)
    if (type === eventType.anonymousGtid) this.#open = { startPosition, isBegun: false }
    const gtid = readGtid(event)
    if (gtid !== undefined) {
      const isBegun = type === eventType.mariadbGtid && !gtid.isStandalone
      this.#open = { startPosition, gtid: gtid.gtid, isBegun }
    }
    if (!this.#endsTransaction(event, startPosition)) return undefined
    const opened: { readonly startPosition: number; readonly gtid?: string } = this.#open ?? { startPosition }
    this.#open = undefined
    return {
      startPosition: opened.startPosition,
      endPosition: this.#position,
      committedAt: event.timestamp,
      ...(opened.gtid === undefined ? {} : { gtid: opened.gtid }),
    }
  }

  #endsTransaction(event: BinlogEvent, startPosition: number): boolean {
    switch (event.type) {
      case eventType.xid:
      case eventType.xaPrepare:
      case eventType.transactionPayload:
        return true
      case eventType.query:
      case eventType.mariadbQueryCompressed: {
        const text = event.type === eventType.query ? readQuery(event, this.#checksumBytes).text : ''
        if (/^(?:XA\s+)?(?:COMMIT|ROLLBACK)\b(?! TO)/i.test(text)) return true
        if (/^(?:BEGIN|XA START)\b/i.test(text)) {
          this.#open = { ...(this.#open ?? { startPosition }), isBegun: true }
          return false
        }
        return this.#open?.isBegun !== true
      }
      default:
        return false
    }
  }
}
