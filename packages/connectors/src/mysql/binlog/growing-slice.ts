import type { BinlogEvent } from './binlog-event.ts'
import { binlogMagic, eventType, readGtidsBefore } from './binlog-event.ts'
import type { BinlogSlice } from './binlog-sink.ts'
import { GtidSet } from './gtid-set.ts'
import { instantOf, type ServerSwitch, type SliceFacts } from './slice-facts.ts'
import { TransactionTracker } from './transaction-tracker.ts'

export interface SliceStart {
  readonly file: string
  readonly generation: number
  /** 0: the file's beginning, with its magic number */
  readonly startPosition: number
  readonly fileCreatedAt: number
  readonly serverId: number
  readonly gtid?: string
  /** all transactions before it */
  readonly gtids?: string
  readonly follows?: ServerSwitch
  readonly checksumBytes: number
}

/** The slice that events are being added to. */
export class GrowingSlice {
  readonly #start: SliceStart
  readonly #tracker: TransactionTracker
  #buffer = Buffer.alloc(64 << 10)
  #length = 0
  #fileCreatedAt: number
  #commits = 0
  #firstCommit: number | undefined
  #latestCommit: number | undefined
  #commitPosition: number | undefined
  #gtid: string | undefined
  #gtids: GtidSet | undefined
  #endsFile = false
  recoverableUntil: string | undefined

  constructor(start: SliceStart) {
    this.#start = start
    this.#fileCreatedAt = start.fileCreatedAt
    this.#gtid = start.gtid
    this.#gtids = start.gtids === undefined ? undefined : GtidSet.parse(start.gtids)
    this.#tracker = new TransactionTracker(Math.max(4, start.startPosition), start.checksumBytes)
    if (start.startPosition === 0) this.#append(binlogMagic)
  }

  get file(): string {
    return this.#start.file
  }

  get sizeBytes(): number {
    return this.#length
  }

  /** where the next event begins */
  get position(): number {
    return this.#tracker.position
  }

  get isBetweenTransactions(): boolean {
    return this.#tracker.openSince === undefined
  }

  get checksumBytes(): number {
    return this.#tracker.checksumBytes
  }

  add(event: BinlogEvent): void {
    if (event.type === eventType.formatDescription && this.#start.startPosition === 0)
      this.#fileCreatedAt = event.timestamp
    this.#gtids = readGtidsBefore(event) ?? this.#gtids
    const done = this.#tracker.add(event)
    this.#append(event.bytes)
    if (done === undefined) return
    this.#commits++
    this.#firstCommit = Math.min(this.#firstCommit ?? done.committedAt, done.committedAt)
    this.#latestCommit = Math.max(this.#latestCommit ?? 0, done.committedAt)
    this.#commitPosition = done.endPosition
    if (done.gtid === undefined) this.#gtids = undefined
    else {
      this.#gtid = done.gtid
      this.#gtids?.add(done.gtid)
    }
  }

  /** The server has begun the next file. */
  endFile(): void {
    this.#endsFile = true
  }

  /** What there is so far. A view: later events do not change it. */
  current(): BinlogSlice {
    return { bytes: this.#buffer.subarray(0, this.#length), facts: this.facts() }
  }

  facts(): SliceFacts {
    const { file, generation, startPosition, serverId, follows } = this.#start
    return {
      formatVersion: 1,
      file,
      generation,
      startPosition,
      endPosition: this.position,
      endsFile: this.#endsFile,
      fileCreatedAt: this.#fileCreatedAt,
      serverId,
      commits: this.#commits,
      ...(this.#firstCommit === undefined ? {} : { firstCommitAt: instantOf(this.#firstCommit) }),
      ...(this.#latestCommit === undefined ? {} : { latestCommitAt: instantOf(this.#latestCommit) }),
      ...(this.#commitPosition === undefined ? {} : { commitPosition: this.#commitPosition }),
      ...(this.#gtid === undefined ? {} : { gtid: this.#gtid }),
      ...(this.#gtids === undefined || this.#gtids.isEmpty ? {} : { gtids: this.#gtids.toString() }),
      ...(follows === undefined ? {} : { follows }),
      ...(this.recoverableUntil === undefined ? {} : { recoverableUntil: this.recoverableUntil }),
    }
  }

  /** The slice that goes on where this one ends. */
  next(): GrowingSlice {
    const { file, generation, serverId } = this.#start
    const gtid = this.#gtid === undefined ? {} : { gtid: this.#gtid }
    const place = {
      startPosition: this.position,
      fileCreatedAt: this.#fileCreatedAt,
      checksumBytes: this.checksumBytes,
    }
    const gtids = this.#gtids === undefined ? {} : { gtids: this.#gtids.toString() }
    return new GrowingSlice({ file, generation, serverId, ...place, ...gtid, ...gtids })
  }

  #append(bytes: Buffer): void {
    if (this.#length + bytes.length > this.#buffer.length) {
      // a copy: what was handed out before stays as it is
      const larger = Buffer.alloc(Math.max(2 * this.#buffer.length, this.#length + bytes.length))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    bytes.copy(this.#buffer, this.#length)
    this.#length += bytes.length
  }
}
