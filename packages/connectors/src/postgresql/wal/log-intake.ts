import type { Context } from '@holdfast/core/context'
import { LogAssembler } from './log-assembler.ts'
import type { LogGap, LogSegment, LogSink } from './log-sink.ts'
import { formatLsn, historyFileName, type LogPosition, type Lsn } from './lsn.ts'
import { RecoverableClock } from './recoverable-clock.ts'
import type { SegmentFacts } from './segment-facts.ts'
import { SegmentMemory } from './segment-memory.ts'
import { SinkPump } from './sink-pump.ts'
import type { WalTime } from './wal-time.ts'

/** Whole segments that may wait for the sink, beside the one that grows and the one the sink is taking. */
const waitingSegments = 2
/** Further behind the server than this there is a log to catch up with, rather than one that comes as it is written. */
const farBehindBytes = 128 << 20

export interface IntakeOptions {
  readonly sink: LogSink
  /** what has come is handed on after so long at the latest */
  readonly flushEveryMs: number
  onDamage(lsn: Lsn, reason: string): void
}

export interface StreamStart {
  /** the start of a segment */
  readonly at: LogPosition
  readonly segmentBytes: number
  readonly systemIdentifier: string
}

/**
 * Between the stream and the sink, and the same through all connections: puts segments together, decides when the growing
 * one is handed on, and knows what is durable. `sinkCtx` is what the sink is called with: it outlives the signal to stop.
 */
export class LogIntake {
  #clock = new RecoverableClock()
  readonly #options: IntakeOptions
  readonly #sinkCtx: Context
  readonly #pump: SinkPump
  readonly #memory = new SegmentMemory()
  #assembler: LogAssembler | undefined
  /** facts of the last segment that was whole */
  #last: SegmentFacts | undefined
  /** what the sink was given, or had: nothing shorter is given on this timeline */
  #given: LogPosition | undefined
  #beginning: LogPosition | undefined
  /** since when there is something, in whole segments or the growing one, that the sink was not told to make durable */
  #waitingSince: number | undefined
  #lastTipMs = 0
  #confirmedUntil: WalTime | undefined
  #confirmedAtMs = 0
  #counts = { segments: 0, bytes: 0 }

  constructor(options: IntakeOptions, sinkCtx: Context) {
    this.#options = options
    this.#sinkCtx = sinkCtx
    this.#pump = new SinkPump(waitingSegments, (tip) => this.#giveTip(tip))
  }

  /** What is in the sink already, when following begins. */
  resume(position: LogPosition, previous: SegmentFacts | undefined): void {
    this.#given = position
    this.#last = previous
  }

  /** Where a log begins that is not there yet. */
  startAt(position: LogPosition): void {
    this.#beginning = position
  }

  /** of the server that is streaming */
  get clock(): RecoverableClock {
    return this.#clock
  }

  /** The next byte the stream has to bring; undefined before it began. */
  get streamed(): Lsn | undefined {
    return this.#assembler?.position
  }

  get counts(): { readonly segments: number; readonly bytes: number } {
    return this.#counts
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#pump.failure
  }

  /** What the log lacks first, at the granularity of segments; undefined when there is no log yet. */
  get next(): LogPosition | undefined {
    if (this.#assembler === undefined) return this.#given ?? this.#beginning
    return { timeline: this.#assembler.timeline, lsn: this.#assembler.segmentLsn }
  }

  /** Up to here it was received, or is in the sink. */
  get received(): LogPosition | undefined {
    if (this.#assembler === undefined) return this.#given
    const { timeline, position } = this.#assembler
    const given = this.#given
    return given !== undefined && given.timeline === timeline && given.lsn > position
      ? given
      : { timeline, lsn: position }
  }

  get durable(): LogPosition | undefined {
    return this.#options.sink.durable()
  }

  /** The instant up to which every commit is durable; undefined when that is not known (yet). */
  recoverableUntil(): WalTime | undefined {
    const { durable } = this
    if (durable === undefined || durable.timeline !== this.#assembler?.timeline) return undefined
    return this.#clock.until(durable.lsn)
  }

  /** A stream begins. What was received of a segment that is not whole comes again. */
  begin({ at, segmentBytes, systemIdentifier }: StreamStart): void {
    const clock = new RecoverableClock()
    this.#clock = clock
    const follows = this.#last?.endLsn === formatLsn(at.lsn)
    this.#assembler = new LogAssembler({
      start: at,
      segmentBytes,
      systemIdentifier,
      memory: this.#memory,
      openRecord: follows ? this.#last?.openRecord : undefined,
      recoverableUntil: (lsn) => clock.until(lsn),
      onDamage: this.#options.onDamage,
    })
  }

  /** Takes what came; returns when there is room for more. */
  async take(bytes: Uint8Array, ctx: Context): Promise<void> {
    const assembler = this.#assembler
    if (assembler === undefined) throw new Error('WAL came before a stream began')
    let rest = bytes
    while (rest.length > 0) {
      const { takenBytes, whole } = assembler.take(rest)
      if (!this.#isGiven(assembler)) this.#waitingSince ??= ctx.now().getTime()
      rest = rest.subarray(takenBytes)
      this.#counts.bytes += takenBytes
      if (whole === undefined) continue
      this.#giveSegment(whole, { timeline: assembler.timeline, lsn: assembler.position })
      if (this.#pump.failure === undefined) await this.#pump.room(ctx)
    }
  }

  /** Hands the growing segment on when its time has come, or at once; what was given before it becomes durable with it. */
  giveTip(now: Date, { atOnce = false }: { atOnce?: boolean } = {}): void {
    if (this.#waitingSince === undefined) return
    const { flushEveryMs } = this.#options
    // Durable at the bound, not begun then.
    const afterMs = Math.max(flushEveryMs / 2, flushEveryMs - 2 * this.#lastTipMs)
    if (atOnce || (now.getTime() - this.#waitingSince >= afterMs && !this.#isCatchingUp())) {
      this.#pump.pushTip(() => this.#tip())
    }
  }

  /** When nothing is under way: tells the sink now and then how far the server's clock has come without anything new. */
  confirm(everyMs: number): void {
    const nowMs = this.#sinkCtx.now().getTime()
    if (nowMs - this.#confirmedAtMs < everyMs) return
    const { durable } = this
    const until = this.recoverableUntil()
    if (durable === undefined || until === undefined || !this.#pump.isIdle || this.#waitingSince !== undefined) return
    if (this.#confirmedUntil !== undefined && until <= this.#confirmedUntil) return
    this.#confirmedUntil = until
    this.#confirmedAtMs = nowMs
    this.#memory.clear()
    this.#clock.release(durable.lsn)
    this.#pump.push(() => this.#options.sink.confirm(durable, until, this.#sinkCtx))
  }

  /** The timeline has ended in the segment that is in memory: it stays as it is. */
  endTimeline(): void {
    const assembler = this.#assembler
    if (assembler === undefined) return
    if (!assembler.isEmpty) {
      const partial = assembler.partial()
      this.#pump.push(() => this.#options.sink.segment(partial, this.#sinkCtx))
    }
    this.#pump.push(() => this.#options.sink.flush(this.#sinkCtx))
    this.#waitingSince = undefined
  }

  giveHistory(timeline: number, content: string): void {
    const name = historyFileName(timeline)
    this.#pump.push(() => this.#options.sink.history(name, Buffer.from(content), this.#sinkCtx))
  }

  giveGap(gap: LogGap): void {
    this.#last = undefined
    this.#given = undefined
    this.#beginning = gap.to
    this.#assembler = undefined
    this.#pump.push(() => this.#options.sink.gap(gap, this.#sinkCtx))
  }

  /** Everything that has come is durable when this returns. */
  async settle(ctx: Context): Promise<void> {
    this.giveTip(ctx.now(), { atOnce: true })
    await this.#pump.idle(ctx)
    this.#pump.push(() => this.#options.sink.flush(this.#sinkCtx))
    await this.#pump.idle(ctx)
  }

  #giveSegment(whole: LogSegment, end: LogPosition): void {
    this.#last = whole.facts
    this.#given = end
    this.#counts.segments++
    this.#pump.push(() => this.#options.sink.segment(whole, this.#sinkCtx), { isSegment: true })
  }

  #tip(): LogSegment | undefined {
    const assembler = this.#assembler
    if (this.#waitingSince === undefined) return undefined
    this.#waitingSince = undefined
    // After a new start as much of it may have been given as has come again: then only whole segments before it wait.
    if (assembler === undefined || assembler.isEmpty || this.#isGiven(assembler)) {
      this.#pump.push(() => this.#options.sink.flush(this.#sinkCtx))
      return undefined
    }
    this.#given = { timeline: assembler.timeline, lsn: assembler.position }
    return assembler.growing()
  }

  /** After a new start a segment comes again from its first byte: as long as the sink has as much of it, nothing is new. */
  #isGiven({ timeline, position }: LogAssembler): boolean {
    const given = this.#given
    return given !== undefined && given.timeline === timeline && given.lsn >= position
  }

  /**
   * Whether even what was committed longer ago than the bound is still to come from the server. What has come need not be
   * durable by its time then, which would not lessen what a loss of the server costs, and would slow down what does.
   */
  #isCatchingUp(): boolean {
    const { streamed } = this
    return streamed !== undefined && this.#clock.isAhead(streamed, farBehindBytes, this.#options.flushEveryMs)
  }

  async #giveTip(tip: LogSegment): Promise<void> {
    const startedAt = this.#sinkCtx.now().getTime()
    await this.#options.sink.tip(tip, this.#sinkCtx)
    this.#lastTipMs = this.#sinkCtx.now().getTime() - startedAt
  }
}
