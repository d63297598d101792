import type { Context } from '@holdfast/core/context'
import type { LogGap, LogResume, LogSegment, LogSink } from '../log-sink.ts'
import { formatLsn, type LogPosition, type Lsn, parseLsn } from '../lsn.ts'
import type { SegmentFacts } from '../segment-facts.ts'
import type { WalTime } from '../wal-time.ts'

export interface MemoryLogSink extends LogSink {
  /** whole segments and those that end a timeline, in the order they came */
  readonly files: Map<string, LogSegment>
  readonly histories: Map<string, string>
  readonly gaps: LogGap[]
  readonly tips: { name: string; sizeBytes: number; atMs: number }[]
  readonly confirmed: { readonly lsn: Lsn; readonly until: WalTime }[]
  latestTip(): LogSegment | undefined
  /** bytes of a segment: whole, or as far as the tip goes */
  bytesOf(name: string): Uint8Array | undefined
}

export interface MemoryLogSinkOptions {
  readonly systemIdentifier?: string
  /** called before anything is kept; may wait or throw */
  before?(call: 'segment' | 'tip', file: LogSegment, ctx: Context): Promise<void>
  /** whether bytes are kept, or only what is said of them */
  readonly keepsBytes?: boolean
}

/** A log in memory that checks what a sink may rely on: the order, no overlap of calls, bytes that never change. */
export function memoryLogSink(options: MemoryLogSinkOptions = {}): MemoryLogSink {
  const files = new Map<string, LogSegment>()
  const histories = new Map<string, string>()
  const gaps: LogGap[] = []
  const tips: { name: string; sizeBytes: number; atMs: number }[] = []
  const confirmed: { readonly lsn: Lsn; readonly until: WalTime }[] = []
  let tip: LogSegment | undefined
  let durable: LogPosition | undefined
  let last: SegmentFacts | undefined
  let isBusy = false

  async function alone<Result>(work: () => Promise<Result>): Promise<Result> {
    if (isBusy) throw new Error('the sink was called while it was busy')
    isBusy = true
    try {
      return await work()
    } finally {
      isBusy = false
    }
  }
  const endOf = (facts: SegmentFacts): LogPosition => ({ timeline: facts.timeline, lsn: parseLsn(facts.endLsn) ?? 0n })

  return {
    files,
    histories,
    gaps,
    tips,
    confirmed,
    latestTip: () => tip,
    bytesOf: (name) => files.get(name)?.bytes ?? (tip?.name === name ? tip.bytes : undefined),
    resumeAt: () => {
      const resume: LogResume | undefined = durable && {
        position: durable,
        ...(last === undefined ? {} : { previous: last }),
        ...(options.systemIdentifier === undefined ? {} : { systemIdentifier: options.systemIdentifier }),
      }
      return Promise.resolve(resume)
    },
    segment: (file, ctx) =>
      alone(async () => {
        await options.before?.('segment', file, ctx)
        const before = files.get(file.name)
        if (before !== undefined && before.bytes.length > file.bytes.length) throw new Error(`${file.name} has shrunk`)
        if (tip?.name === file.name) {
          if (tip.bytes.length > file.bytes.length) throw new Error(`${file.name} is shorter than its tip`)
          if (
            options.keepsBytes !== false &&
            Buffer.compare(tip.bytes, file.bytes.subarray(0, tip.bytes.length)) !== 0
          ) {
            throw new Error(`${file.name} is not what its tip was`)
          }
          tip = undefined
        }
        files.set(file.name, options.keepsBytes === false ? { ...file, bytes: new Uint8Array() } : file)
        durable = endOf(file.facts)
        if (file.facts.complete) last = file.facts
      }),
    tip: (file, ctx) =>
      alone(async () => {
        await options.before?.('tip', file, ctx)
        if (tip?.name === file.name && tip.bytes.length >= file.bytes.length)
          throw new Error(`the tip ${file.name} has not grown`)
        // A copy: so a change of bytes that were given would be noticed.
        tip = { ...file, bytes: Uint8Array.from(file.bytes) }
        tips.push({ name: file.name, sizeBytes: file.bytes.length, atMs: ctx.now().getTime() })
        durable = endOf(file.facts)
      }),
    history: (name, bytes) =>
      alone(async () => {
        histories.set(name, Buffer.from(bytes).toString())
      }),
    gap: (gap) =>
      alone(async () => {
        gaps.push(gap)
        last = undefined
      }),
    confirm: (position, until) =>
      alone(async () => {
        if (durable === undefined || formatLsn(position.lsn) !== formatLsn(durable.lsn))
          throw new Error('not what is durable')
        confirmed.push({ lsn: position.lsn, until })
      }),
    durable: () => durable,
    flush: () => alone(async () => {}),
  }
}
