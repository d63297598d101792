import { setTimeout as delay } from 'node:timers/promises'
import type { BinlogSink, BinlogSlice } from '@holdfast/connectors/mysql/binlog/binlog-sink'
import type { SliceFacts } from '@holdfast/connectors/mysql/binlog/slice-facts'
import { compareSlices } from '@holdfast/connectors/mysql/recovery/binlog-chain'
import { FindingBoard } from '@holdfast/connectors/postgresql/wal/finding-board'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { type LogWriter, type LogWriterOptions, openLogWriter } from '@holdfast/repository/log/log-writer'
import { readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import { binlogFile, binlogPlace, sliceFactsOf } from './binlog-log.ts'

export interface BinlogSinkOptions extends LogWriterOptions {
  /** name of the source */
  readonly source: string
  /** first and longest pause between attempts */
  readonly retryDelaysMs?: readonly [first: number, longest: number]
}

export interface RepositoryBinlogSink extends BinlogSink, AsyncDisposable {
  /** Puts what is in tips into snapshots, unless the growing slice. */
  batch(ctx: Context): Promise<void>
}

/**
 * Writes a binary log into repositories, each step into all of them. One that cannot be written is tried again for ever
 * (finding LOG_STORE_FAILING); the server keeps its log meanwhile, as long as its own expiry says.
 */
export function createRepositoryBinlogSink(
  repositories: readonly Repository[],
  options: BinlogSinkOptions,
): RepositoryBinlogSink {
  const lanes = repositories.map((repository) => new BinlogLane(repository, options))
  const board = new FindingBoard()
  const each = async (step: (lane: BinlogLane, ctx: Context) => Promise<void>, ctx: Context): Promise<void> => {
    await Promise.all(lanes.map((lane) => persist(lane, step, { options, board }, ctx)))
  }
  return {
    async resumeAt(ctx) {
      const ends: (SliceFacts | undefined)[] = []
      await each(async (lane, own) => void ends.push(await lane.seal(own)), ctx)
      // from where all of them have it; what some have twice then does no harm
      const [least] = ends.filter((end) => end !== undefined).toSorted(compareSlices)
      if (least === undefined || ends.every((end) => end !== undefined)) return least
      // a repository that has nothing yet needs the beginning of the file, which tells how the rest is read
      return { ...least, endPosition: 0, endsFile: false }
    },
    slice: (slice, ctx) => each((lane, own) => lane.append(slice, own), ctx),
    tip: (slice, ctx) => each((lane, own) => lane.grow(slice, own), ctx),
    flush: (ctx) => each((lane, own) => lane.flush(own), ctx),
    batch: (ctx) => each((lane, own) => lane.batch(own), ctx),
    async [Symbol.asyncDispose]() {
      for (const lane of lanes) await lane.close()
    },
  }
}

async function persist(
  lane: BinlogLane,
  step: (lane: BinlogLane, ctx: Context) => Promise<void>,
  { options, board }: { readonly options: BinlogSinkOptions; readonly board: FindingBoard },
  ctx: Context,
): Promise<void> {
  const { retryDelaysMs: [first, longest] = [1000, 30_000], source } = options
  const { location } = lane.repository.backend
  for (let delayMs = first; ; delayMs = Math.min(2 * delayMs, longest)) {
    try {
      await step(lane, ctx)
      board.passed('LOG_STORE_FAILING')
      return
    } catch (error) {
      const mayPass = isAppError(error) && error.code !== 'INTERRUPTED' && error.code !== 'ARGUMENT_INVALID'
      if (!mayPass || ctx.signal.aborted) throw error
      const { code, message, hint } = new AppError('LOG_STORE_FAILING', { source, location, reason: error.message })
      board.note({ code, message, hint }, ctx, location)
    }
    await delay(delayMs, undefined, { signal: ctx.signal }).catch(() => {
      throw new AppError('INTERRUPTED', {})
    })
  }
}

/** One repository that the log is written to. Steps that failed may be repeated. */
class BinlogLane {
  readonly repository: Repository
  readonly #options: BinlogSinkOptions
  #writer: LogWriter | undefined
  #accepted: BinlogSlice | undefined

  constructor(repository: Repository, options: BinlogSinkOptions) {
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
  }

  async #open(ctx: Context): Promise<LogWriter> {
    // slices are large and few: two of these may be in memory
    const options = { batchBytes: 32 << 20, ...this.#options }
    this.#writer ??= await openLogWriter(this.repository, binlogPlace(this.#options.source), options, ctx)
    return this.#writer
  }
}
