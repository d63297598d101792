import type { LogPosition } from '@holdfast/connectors/postgresql/wal/lsn'
import type { SegmentFacts } from '@holdfast/connectors/postgresql/wal/segment-facts'
import type { LogGap, LogSegment } from '@holdfast/connectors/postgresql/wal/log-sink'
import type { Context } from '@holdfast/core/context'
import type { LogFile } from '@holdfast/repository/log/log-file'
import { type LogWriter, type LogWriterOptions, openLogWriter } from '@holdfast/repository/log/log-writer'
import { readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import type { Lane } from './lane-crew.ts'
import { endOf, encodeNote, gapFile, isBehind, type QuietNote, segmentFactsOf, walFile, walPlace } from './wal-log.ts'

/** Where a repository's log of a source ends. */
export interface LogEnd {
  readonly position: LogPosition
  /** the newest file */
  readonly facts: SegmentFacts
  /** the whole segment before the one that holds the position */
  readonly previous: SegmentFacts | undefined
}

/** One repository that WAL is written to. Calls that failed may be repeated. */
export class LogLane implements Lane {
  readonly repository: Repository
  readonly #source: string
  readonly #options: LogWriterOptions
  #writer: LogWriter | undefined
  /** position after each file given to the writer that is not known to be durable yet; undefined: none of its own */
  readonly #ends: (LogPosition | undefined)[] = []
  #settled = 0
  #durable: LogPosition | undefined
  /** what was taken by the writer while it had no room, and is not to be given to it again */
  #taken: LogFile | undefined
  #tip: { readonly file: LogSegment; readonly durableBytes: number } | undefined

  constructor(repository: Repository, source: string, options: LogWriterOptions) {
    this.repository = repository
    this.#source = source
    this.#options = options
  }

  /** Reads where the log ends; from then on that is durable. */
  async findEnd(ctx: Context): Promise<LogEnd | undefined> {
    const log = await readLog(this.repository, walPlace(this.#source), ctx)
    let newest: SegmentFacts | undefined
    const whole = new Map<string, SegmentFacts>()
    for (const file of await log.allFiles(ctx)) {
      const facts = segmentFactsOf(file)
      if (facts === undefined) continue
      if (facts.complete) whole.set(`${facts.timeline} ${facts.endLsn}`, facts)
      if (newest === undefined || isBehind(endOf(newest), endOf(facts))) newest = facts
    }
    if (newest === undefined) return undefined
    const position = endOf(newest)
    this.#durable = position
    const previous = newest.complete ? newest : whole.get(`${newest.timeline} ${newest.startLsn}`)
    return { position, facts: newest, previous }
  }

  durable(): LogPosition | undefined {
    const known = this.#writer?.durable ?? 0
    while (this.#settled < known) {
      this.#settled++
      const end = this.#ends.shift()
      if (end !== undefined) this.#durable = end
    }
    return this.#durable
  }

  async segment({ name, bytes, facts, free }: LogSegment, ctx: Context): Promise<void> {
    // the growing segment lay in the same memory
    this.#tip = undefined
    await this.#append({ ...walFile(name, bytes, facts), free }, endOf(facts), ctx)
  }

  async history(name: string, bytes: Uint8Array, ctx: Context): Promise<void> {
    await this.#append(walFile(name, bytes, undefined), undefined, ctx)
  }

  async gap(gap: LogGap, ctx: Context): Promise<void> {
    await this.#append(gapFile(gap), undefined, ctx)
  }

  async tip(file: LogSegment, ctx: Context): Promise<void> {
    const writer = await this.#open(ctx)
    const { name, bytes, facts } = file
    const durableBytes = await writer.grow(walFile(name, bytes, facts), ctx)
    this.durable()
    this.#tip = { file, durableBytes }
    const end = endOf(facts)
    const position = { timeline: end.timeline, lsn: end.lsn - BigInt(bytes.length - durableBytes) }
    if (this.#durable === undefined || isBehind(this.#durable, position)) this.#durable = position
  }

  async confirm(note: QuietNote, ctx: Context): Promise<void> {
    const tip = this.#tip
    // a segment that has begun says it itself, which costs no object of its own
    if (tip !== undefined && endOf(tip.file.facts).lsn === note.position.lsn) {
      await this.tip({ ...tip.file, facts: { ...tip.file.facts, recoverableUntil: note.until } }, ctx)
    } else await (await this.#open(ctx)).note(encodeNote(note), ctx)
  }

  async rejoin(ctx: Context): Promise<void> {
    await this.findEnd(ctx)
  }

  async flush(ctx: Context): Promise<void> {
    await this.#writer?.flush(ctx)
  }

  /** Puts what is in tips into the snapshot, unless the growing segment. */
  async batch(ctx: Context): Promise<void> {
    await this.#writer?.batch(ctx)
  }

  /** Gives up the writer. What it was given and is not durable must be given again. */
  async close(): Promise<void> {
    this.durable()
    await this.#writer?.[Symbol.asyncDispose]()
    this.#writer = undefined
    this.#taken = undefined
    this.#ends.length = 0
    this.#settled = 0
    this.#tip = undefined
  }

  async #open(ctx: Context): Promise<LogWriter> {
    this.#writer ??= await openLogWriter(this.repository, walPlace(this.#source), this.#options, ctx)
    return this.#writer
  }

  async #append(file: LogFile, end: LogPosition | undefined, ctx: Context): Promise<void> {
    const writer = await this.#open(ctx)
    if (this.#taken?.name !== file.name || this.#taken.bytes !== file.bytes) {
      writer.accept(file, ctx)
      this.#ends.push(end)
      this.#taken = file
    }
    await writer.room(ctx)
    this.#taken = undefined
  }
}
