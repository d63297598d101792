import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'
import { serverClock } from '../logical/read-server-facts.ts'
import { AppError } from '@holdfast/core/errors/app-error'
import { crc32 } from 'node:zlib'
import { type BinlogEvent, eventType, rotateTarget } from './binlog-event.ts'
import { type BinlogPosition, comparePositions, formatPosition } from './binlog-position.ts'
import type { BinlogSink } from './binlog-sink.ts'
import { GrowingSlice, type SliceStart } from './growing-slice.ts'
import { currentPosition } from './server-binlogs.ts'
import type { SliceFacts } from './slice-facts.ts'

export interface IntakeOptions {
  readonly sink: BinlogSink
  /** a slice ends after so many bytes, between two transactions where that is possible */
  readonly sliceBytes: number
  /** so often it is written down that nothing happens */
  readonly confirmEveryMs: number
}

/** So often an idle stream is compared with where the server writes. */
const lookEveryMs = 2_000
/** A server that writes and sends nothing for so long sends from files that are no more; one event may be a gigabyte. */
const stalledAfterMs = 600_000

/** Between the stream and the sink, and the same through all connections: cuts slices, and knows what is durable. */
export class BinlogIntake {
  readonly #options: IntakeOptions
  /** what the sink is called with: it outlives the signal to stop */
  readonly #sinkCtx: Context
  #slice: GrowingSlice | undefined
  #sealed: SliceFacts | undefined
  #isDirty = false
  #pending: { readonly clock: string; readonly at: BinlogPosition } | undefined
  #confirmedAtMs = 0
  #generation: number | undefined
  #lookedAtMs = 0
  /** when, and after how many bytes, the stream last was known to move or to have reached the server */
  #moved = { atMs: 0, bytes: -1 }
  /**
   * The server writes another log than it sends: after RESET MASTER, MariaDB keeps a stream of the removed files open and
   * silent. Whoever reads it must begin anew.
   */
  isStreamDead = false
  durable: BinlogPosition | undefined
  recoverableUntil: string | undefined
  slices = 0
  bytes = 0

  constructor(options: IntakeOptions, sinkCtx: Context) {
    this.#options = options
    this.#sinkCtx = sinkCtx
  }

  /** What the next session goes on from. */
  get end(): SliceFacts | undefined {
    return this.#slice === undefined || this.#slice.sizeBytes === 0
      ? (this.#sealed ?? this.#slice?.facts())
      : this.#slice.facts()
  }

  get position(): BinlogPosition | undefined {
    return this.#slice && { file: this.#slice.file, position: this.#slice.position }
  }

  resume(facts: SliceFacts | undefined): void {
    this.#sealed = facts
  }

  /** Goes on in the slice that is there, or begins one. */
  async begin(start: SliceStart): Promise<void> {
    this.isStreamDead = false
    this.#moved = { atMs: this.#sinkCtx.now().getTime(), bytes: -1 }
    const own = this.#slice
    if (own !== undefined && own.file === start.file && own.position === start.startPosition) return
    if (own !== undefined) await this.#seal()
    // places of another server's log cannot be compared
    if (this.#generation !== start.generation) this.#pending = undefined
    this.#generation = start.generation
    this.#slice = new GrowingSlice(start)
  }

  /** Takes the next event of the stream. Fails with MYSQL_BINLOG_UNREADABLE when it does not fit to what came before. */
  async take(event: BinlogEvent): Promise<void> {
    const slice = this.#slice
    if (slice === undefined) throw new Error('an event came before a place for it')
    const { type } = event
    if (type === eventType.heartbeat || type === eventType.heartbeat2) return
    if (type === eventType.rotate && (event.isArtificial || event.timestamp === 0)) {
      await this.#enterFile(rotateTarget(event, slice.checksumBytes).file, event)
      return
    }
    // the description that a stream from the middle of a file begins with is in no file
    if (event.isArtificial || event.endPosition === 0) return
    this.#check(event, slice)
    const taking = this.#isFull(slice) ? await this.#continue(slice) : slice
    taking.add(event)
    this.#isDirty = true
    this.bytes += event.bytes.length
  }

  /** Asked when more comes: until then a full slice is flushed and confirmed as the growing one. */
  #isFull({ sizeBytes, isBetweenTransactions }: GrowingSlice): boolean {
    const { sliceBytes } = this.#options
    return sizeBytes >= sliceBytes && (isBetweenTransactions || sizeBytes >= 4 * sliceBytes)
  }

  async #continue(slice: GrowingSlice): Promise<GrowingSlice> {
    const next = slice.next()
    await this.#seal()
    this.#slice = next
    return next
  }

  /** Makes durable what has come; asks the server up to when that is everything. */
  async flush(control: MysqlConnection | undefined, ctx: Context): Promise<void> {
    const slice = this.#slice
    if (slice === undefined) return
    const nowMs = this.#sinkCtx.now().getTime()
    if (!this.#isDirty && nowMs - this.#confirmedAtMs < this.#options.confirmEveryMs) {
      if (control === undefined || nowMs - this.#lookedAtMs < lookEveryMs) return
      await this.#askServer(control, slice, ctx)
      // it was all durable before: to know this now costs no write
      this.recoverableUntil = slice.recoverableUntil ?? this.recoverableUntil
      return
    }
    if (control !== undefined) await this.#askServer(control, slice, ctx)
    await this.#options.sink.tip(slice.current(), this.#sinkCtx)
    this.#isDirty = false
    this.#confirmedAtMs = nowMs
    this.durable = { file: slice.file, position: slice.position }
    this.recoverableUntil = slice.recoverableUntil ?? this.recoverableUntil
  }

  async settle(): Promise<void> {
    await this.flush(undefined, this.#sinkCtx)
    await this.#options.sink.flush(this.#sinkCtx)
  }

  /** The clock is read before the position, so all that was committed by then lies before it. */
  async #askServer(control: MysqlConnection, slice: GrowingSlice, ctx: Context): Promise<void> {
    const clock = await serverClock(control, ctx)
    const at = await currentPosition(control, ctx)
    this.#compare(at, slice)
    if (this.isStreamDead) return
    const own = { file: slice.file, position: slice.position }
    const known = [
      ...(this.#pending === undefined ? [] : [this.#pending]),
      ...(at === undefined ? [] : [{ clock, at }]),
    ]
    const reached = known.filter((one) => comparePositions(one.at, own) <= 0).at(-1)
    if (reached !== undefined) slice.recoverableUntil = reached.clock
    this.#pending = known.find((one) => comparePositions(one.at, own) > 0)
  }

  /** A server is never behind what it has sent, and sends what it writes. */
  #compare(at: BinlogPosition | undefined, { file, position }: GrowingSlice): void {
    const nowMs = this.#sinkCtx.now().getTime()
    this.#lookedAtMs = nowMs
    if (at === undefined) return
    const order = comparePositions(at, { file, position })
    const hasMoved = order === 0 || this.bytes !== this.#moved.bytes
    if (hasMoved) this.#moved = { atMs: nowMs, bytes: this.bytes }
    this.isStreamDead = order < 0 || (!hasMoved && nowMs - this.#moved.atMs > stalledAfterMs)
  }

  async #enterFile(file: string, event: BinlogEvent): Promise<void> {
    const slice = this.#slice
    if (slice === undefined || slice.file === file) return
    const facts = slice.facts()
    // also when nothing of it came that is not stored yet: else what follows would seem to have a hole before it
    slice.endFile()
    await this.#seal()
    const { generation, gtid, gtids } = facts
    this.#slice = new GrowingSlice({
      file,
      generation,
      startPosition: 0,
      fileCreatedAt: 0,
      serverId: event.serverId === 0 ? facts.serverId : event.serverId,
      checksumBytes: slice.checksumBytes,
      ...(gtid === undefined ? {} : { gtid }),
      ...(gtids === undefined ? {} : { gtids }),
    })
  }

  /** Hands over the slice, which may not be durable yet. A file's end without one byte of its own is told by what follows. */
  async #seal(): Promise<void> {
    const slice = this.#slice
    this.#slice = undefined
    if (slice === undefined || (slice.sizeBytes === 0 && !slice.facts().endsFile)) return
    this.slices++
    this.#sealed = slice.facts()
    await this.#options.sink.slice(slice.current(), this.#sinkCtx)
  }

  #check(event: BinlogEvent, slice: GrowingSlice): void {
    const end = slice.position + event.bytes.length
    const broken = (reason: string): AppError =>
      new AppError('MYSQL_BINLOG_UNREADABLE', {
        file: formatPosition({ file: slice.file, position: slice.position }),
        reason,
      })
    if (event.endPosition !== end % 2 ** 32)
      throw broken(`the server's next event ends at ${event.endPosition}, not at ${end}`)
    if (slice.checksumBytes !== 4 || event.type === eventType.formatDescription) return
    const body = event.bytes.subarray(0, -4)
    if (crc32(body) !== event.bytes.readUInt32LE(event.bytes.length - 4)) throw broken('its checksum is wrong')
  }
}
