import type { LogGap, LogResume, LogSegment, LogSink } from '@holdfast/connectors/postgresql/wal/log-sink'
import { floorToSegment, type LogPosition } from '@holdfast/connectors/postgresql/wal/lsn'
import { dateOfWalTime, type WalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { LaneCrew, type LaneCrewOptions } from './lane-crew.ts'
import { type LogEnd, LogLane } from './log-lane.ts'
import { isBehind, walPlace } from './wal-log.ts'

export interface LogSinkOptions extends LaneCrewOptions {
  /** how often it is written down that the database is quiet; default a minute */
  readonly confirmEveryMs?: number
}

/** The log of one source in one or more repositories. */
export interface RepositoryLogSink extends LogSink, AsyncDisposable {
  /** Puts what is in tips into snapshots, unless the growing segment. */
  batch(ctx: Context): Promise<void>
  /** those that the log is not written to at present */
  behind(): readonly Repository[]
}

/**
 * Writes WAL into repositories. Durable is what is so in all of them, so that any one may burn. A repository that fails
 * holds the others up for some minutes, during which the server keeps what is not durable; then they go on without it
 * (finding LOG_STORE_BEHIND), and when it can be written again, what it lacks is copied from one of them. When none can
 * be written, nothing is acknowledged and everything is tried again for ever (finding LOG_STORE_FAILING).
 */
export function createRepositoryLogSink(
  repositories: readonly Repository[],
  options: LogSinkOptions,
): RepositoryLogSink {
  return new ManyLanes(repositories, options)
}

class ManyLanes implements RepositoryLogSink {
  readonly #options: LogSinkOptions
  readonly #crew: LaneCrew<LogLane>
  #confirmedMs = Number.NEGATIVE_INFINITY
  #acknowledged: LogPosition | undefined

  constructor(repositories: readonly Repository[], options: LogSinkOptions) {
    this.#options = options
    const lanes = repositories.map((repository) => new LogLane(repository, options.source, options))
    this.#crew = new LaneCrew(lanes, walPlace(options.source), options)
  }

  async resumeAt(ctx: Context): Promise<LogResume | undefined> {
    const ends = new Map<LogLane, LogEnd | undefined>()
    await this.#crew.each(async (lane, own) => void ends.set(lane, await lane.findEnd(own)), ctx)
    const found = this.#crew.following.map((lane) => ends.get(lane)).filter((end) => end !== undefined)
    const newest = found.reduce<LogEnd | undefined>(
      (best, end) => (best === undefined || isBehind(best.position, end.position) ? end : best),
      undefined,
    )
    if (newest === undefined) return undefined
    // the server may have thrown away what the others lack: it is brought from the one that has it
    const { timeline, lsn } = newest.position
    const start = { timeline, lsn: floorToSegment(lsn, newest.facts.segmentBytes) }
    for (const lane of this.#crew.following) {
      const end = ends.get(lane)
      if (end === undefined || isBehind(end.position, start))
        await this.#crew.leave(lane, 'it lacks part of the log', ctx)
    }
    const { systemIdentifier } = newest.facts
    const { previous } = newest
    return { position: newest.position, systemIdentifier, ...(previous === undefined ? {} : { previous }) }
  }

  durable(): LogPosition | undefined {
    let least: LogPosition | undefined
    for (const lane of this.#crew.following) {
      const position = lane.durable()
      if (position === undefined) return undefined
      if (least === undefined || isBehind(position, least)) least = position
    }
    // one that has just caught up has no growing segment yet, which is in the others; it never was to be kept by the server
    if (this.#acknowledged === undefined || (least !== undefined && isBehind(this.#acknowledged, least))) {
      this.#acknowledged = least
    }
    return this.#acknowledged
  }

  behind(): readonly Repository[] {
    return this.#crew.behind()
  }

  async segment(file: LogSegment, ctx: Context): Promise<void> {
    await this.#crew.rejoinIfReady(ctx)
    const { name, bytes, facts } = file
    // what several are given belongs to none of them
    const given = this.#crew.following.length === 1 ? file : { name, bytes, facts }
    await this.#crew.each((lane, own) => lane.segment(given, own), ctx)
  }

  async tip(file: LogSegment, ctx: Context): Promise<void> {
    await this.#crew.rejoinIfReady(ctx)
    await this.#crew.each((lane, own) => lane.tip(file, own), ctx)
  }

  async history(name: string, bytes: Uint8Array, ctx: Context): Promise<void> {
    await this.#crew.each((lane, own) => lane.history(name, bytes, own), ctx)
  }

  async gap(gap: LogGap, ctx: Context): Promise<void> {
    await this.#crew.each((lane, own) => lane.gap(gap, own), ctx)
  }

  async confirm(position: LogPosition, until: WalTime, ctx: Context): Promise<void> {
    const atMs = dateOfWalTime(until).getTime()
    if (atMs - this.#confirmedMs < (this.#options.confirmEveryMs ?? 60_000)) return
    this.#confirmedMs = atMs
    await this.#crew.each((lane, own) => lane.confirm({ position, until }, own), ctx)
  }

  async flush(ctx: Context): Promise<void> {
    await this.#crew.each((lane, own) => lane.flush(own), ctx)
  }

  async batch(ctx: Context): Promise<void> {
    await this.#crew.each((lane, own) => lane.batch(own), ctx)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#crew[Symbol.asyncDispose]()
  }
}
