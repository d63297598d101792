import type { BinlogSink, BinlogSlice } from '@holdfast/connectors/mysql/binlog/binlog-sink'
import type { SliceFacts } from '@holdfast/connectors/mysql/binlog/slice-facts'
import { compareSlices } from '@holdfast/connectors/mysql/recovery/binlog-chain'
import type { Context } from '@holdfast/core/context'
import { type LogWriter, openLogWriter } from '@holdfast/repository/log/log-writer'
import { readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import { type Lane, LaneCrew, type LaneCrewOptions } from '../log/lane-crew.ts'
import { binlogFile, binlogPlace, sliceFactsOf } from './binlog-log.ts'

export interface RepositoryBinlogSink extends BinlogSink, AsyncDisposable {
  /** Puts what is in tips into snapshots, unless the growing slice. */
  batch(ctx: Context): Promise<void>
  /** those that the log is not written to at present */
  behind(): readonly Repository[]
}

/**
 * Writes a binary log into repositories, each step into all of them. A repository that fails is waited for for some
 * minutes; then the others go on without it (finding LOG_STORE_BEHIND), and when it can be written again, what it lacks is
 * copied from one of them. When none can be written, it is tried again for ever (finding LOG_STORE_FAILING); the server
 * keeps its log meanwhile, as long as its own expiry says.
 */
export function createRepositoryBinlogSink(
  repositories: readonly Repository[],
  options: LaneCrewOptions,
): RepositoryBinlogSink {
  const lanes = repositories.map((repository) => new BinlogLane(repository, options))
  const crew = new LaneCrew(lanes, binlogPlace(options.source), options)
  return {
    resumeAt: (ctx) => findEnd(crew, ctx),
    async slice(slice, ctx) {
      await crew.rejoinIfReady(ctx)
      await crew.each((lane, own) => lane.append(slice, own), ctx)
    },
    async tip(slice, ctx) {
      await crew.rejoinIfReady(ctx)
      await crew.each((lane, own) => lane.grow(slice, own), ctx)
    },
    flush: (ctx) => crew.each((lane, own) => lane.flush(own), ctx),
    batch: (ctx) => crew.each((lane, own) => lane.batch(own), ctx),
    behind: () => crew.behind(),
    [Symbol.asyncDispose]: () => crew[Symbol.asyncDispose](),
  }
}

/** Leaves behind those that lack more than a part of the newest slice: what they lack is brought from the one that has it. */
async function findEnd(crew: LaneCrew<BinlogLane>, ctx: Context): Promise<SliceFacts | undefined> {
  const ends = new Map<BinlogLane, SliceFacts | undefined>()
  await crew.each(async (lane, own) => void ends.set(lane, await lane.seal(own)), ctx)
  const known = [...ends.values()].filter((end) => end !== undefined).toSorted(compareSlices)
  const newest = known.at(-1)
  if (newest === undefined) return undefined
  const isNear = ({ generation, file, endPosition }: SliceFacts): boolean =>
    generation === newest.generation && file === newest.file && endPosition >= newest.startPosition
  for (const lane of crew.following) {
    const end = ends.get(lane)
    if (end === undefined || !isNear(end)) await crew.leave(lane, 'it lacks part of the log', ctx)
  }
  // from where all of them have it; what some have twice then does no harm
  return known.filter(isNear).toSorted((one, other) => one.endPosition - other.endPosition)[0]
}

/** One repository that the log is written to. Steps that failed may be repeated. */
class BinlogLane implements Lane {
  readonly repository: Repository
  readonly #options: LaneCrewOptions
  #writer: LogWriter | undefined
  #accepted: BinlogSlice | undefined

  constructor(repository: Repository, options: LaneCrewOptions) {
    this.repository = repository
    this.#options = options
  }

  /** Finds the newest slice; one that still grew when its follower ended is whole as it is. */
  async seal(ctx: Context): Promise<SliceFacts | undefined> {
    const log = await readLog(this.repository, binlogPlace(this.#options.source), ctx)
    let newest: SliceFacts | undefined
    for (const file of await log.allFiles(ctx)) {
      const facts = sliceFactsOf(file)
      if (facts === undefined) continue
      if (file.growing) {
        const bytes = await log.read(file, ctx)
        if (bytes !== undefined && bytes.length > 0)
          await (await this.#open(ctx)).append({ ...binlogFile({ bytes, facts }) }, ctx)
      }
      if (newest === undefined || compareSlices(newest, facts) < 0) newest = facts
    }
    return newest
  }

  async rejoin(): Promise<void> {
    // the growing slice is given as a whole each time, and all others were copied
  }

  async append(slice: BinlogSlice, ctx: Context): Promise<void> {
    const writer = await this.#open(ctx)
    if (this.#accepted !== slice) writer.accept(binlogFile(slice), ctx)
    this.#accepted = slice
    await writer.room(ctx)
  }

  async grow(slice: BinlogSlice, ctx: Context): Promise<void> {
    await (await this.#open(ctx)).grow(binlogFile(slice), ctx)
  }

  async flush(ctx: Context): Promise<void> {
    await this.#writer?.flush(ctx)
  }

  async batch(ctx: Context): Promise<void> {
    await this.#writer?.batch(ctx)
  }

  async close(): Promise<void> {
    await this.#writer?.[Symbol.asyncDispose]()
    this.#writer = undefined
    this.#accepted = undefined
  }

  async #open(ctx: Context): Promise<LogWriter> {
    // slices are large and few: two of these may be in memory
    const options = { batchBytes: 32 << 20, ...this.#options }
    this.#writer ??= await openLogWriter(this.repository, binlogPlace(this.#options.source), options, ctx)
    return this.#writer
  }
}
