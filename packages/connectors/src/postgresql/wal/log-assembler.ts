import { FactCollector } from './fact-collector.ts'
import type { LogSegment } from './log-sink.ts'
import { floorToSegment, type LogPosition, type Lsn, segmentName, segmentNumber } from './lsn.ts'
import type { SegmentMemory } from './segment-memory.ts'
import { WalReader } from './wal-reader.ts'
import type { WalTime } from './wal-time.ts'

export interface AssemblerOptions {
  /** the start of a segment */
  readonly start: LogPosition
  readonly segmentBytes: number
  readonly systemIdentifier: string
  readonly memory: SegmentMemory
  /** of the facts of the segment before */
  readonly openRecord?: string | undefined
  /** the instant up to which nothing is missing when everything before this position is there */
  recoverableUntil(lsn: Lsn): WalTime | undefined
  onDamage(lsn: Lsn, reason: string): void
}

/** Puts a stream of WAL together into segments, of which one is in memory, and says what is in them. */
export class LogAssembler {
  readonly timeline: number
  readonly #options: AssemblerOptions
  readonly #reader: WalReader
  #segmentLsn: Lsn
  #bytes: Uint8Array<ArrayBuffer>
  #filled = 0
  #facts = new FactCollector()

  constructor(options: AssemblerOptions) {
    const { start, segmentBytes, systemIdentifier, memory, openRecord, onDamage } = options
    this.#options = options
    this.timeline = start.timeline
    this.#segmentLsn = floorToSegment(start.lsn, segmentBytes)
    this.#bytes = memory.take(segmentBytes)
    this.#reader = new WalReader({
      startLsn: start.lsn,
      segmentBytes,
      systemIdentifier,
      ...(openRecord === undefined ? {} : { openRecord }),
      onRecord: (record, endLsn) => this.#facts.add(record, endLsn),
      onDamage,
    })
  }

  /** the next byte that is expected */
  get position(): Lsn {
    return this.#segmentLsn + BigInt(this.#filled)
  }

  /** the start of the segment that is in memory */
  get segmentLsn(): Lsn {
    return this.#segmentLsn
  }

  get isEmpty(): boolean {
    return this.#filled === 0
  }

  /** Takes the next bytes, as many as belong to the segment in memory; returns how many, and the segment when it is whole. */
  take(piece: Uint8Array): { takenBytes: number; whole: LogSegment | undefined } {
    const taken = piece.subarray(0, this.#options.segmentBytes - this.#filled)
    this.#bytes.set(taken, this.#filled)
    this.#reader.read(taken)
    this.#filled += taken.length
    if (this.#filled < this.#options.segmentBytes) return { takenBytes: taken.length, whole: undefined }
    const { memory, segmentBytes } = this.#options
    const whole = { ...this.growing(), free: memory.give }
    this.#segmentLsn += BigInt(this.#filled)
    // The old one belongs to whoever gets the segment.
    this.#bytes = memory.take(segmentBytes)
    this.#filled = 0
    this.#facts = new FactCollector()
    return { takenBytes: taken.length, whole }
  }

  /** The segment in memory as far as it is there. What its bytes show does not change when more come. */
  growing(): LogSegment {
    const { segmentBytes, systemIdentifier, recoverableUntil } = this.#options
    const number = segmentNumber(this.#segmentLsn, segmentBytes)
    const facts = this.#facts.facts({
      timeline: this.timeline,
      number,
      segmentBytes,
      sizeBytes: this.#filled,
      systemIdentifier,
      recoverableUntil: recoverableUntil(this.position),
      openRecord: this.#filled === segmentBytes ? this.#reader.openRecord() : undefined,
    })
    const name = segmentName(this.timeline, number, segmentBytes)
    return { name, bytes: this.#bytes.subarray(0, this.#filled), facts }
  }

  /** The segment in memory as the last of its timeline. */
  partial(): LogSegment {
    const { name, bytes, facts } = this.growing()
    return { name: `${name}.partial`, bytes, facts: { ...facts, name: `${name}.partial` } }
  }
}
