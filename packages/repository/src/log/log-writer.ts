import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { JsonObject } from '../format/json-fields.ts'
import type { Repository } from '../repository.ts'
import type { LogSettings } from './batch-file.ts'
import { copiedLoan } from './loan.ts'
import { type LogFile, logFileKey } from './log-file.ts'
import { createLogKeeper, type HeldLog, type LogKeeper, type LogLockOptions } from './log-keeper.ts'
import { type LogPlace, partialName } from './log-place.ts'
import { PendingFile } from './pending-file.ts'
import { createTipStore, type TipStore } from './tip-store.ts'

export interface LogWriterOptions {
  readonly settings: LogSettings
  readonly lock: LogLockOptions
  /** A batch is written when so much waits for it … */
  readonly batchBytes?: number
  /** … or something has waited so long. */
  readonly batchAgeMs?: number
  /**
   * Whether files that an earlier writer left in tips are put into a snapshot with those of this one; true unless given.
   * They are read for that.
   */
  readonly takesOver?: boolean
  /** How often the beginning of a growing file is put into a snapshot where no tips can be kept. */
  readonly partialEveryMs?: number
}

/**
 * Writes a source's log. Whole files go into the log's snapshot in batches; until then, and while a file grows, tips make
 * them durable. Methods are called one at a time.
 *
 * A batch takes a lock that does not exclude other writers, for as long as it lasts only: a follower that runs for years
 * never keeps prune waiting. Tips are written without one. That is safe because nothing refers to a tip and a tip
 * refers to nothing: neither can prune remove what it needs, nor can it disturb prune, which never looks at tips.
 */
export interface LogWriter extends AsyncDisposable {
  readonly keeper: LogKeeper
  /** `accept` and `room`. */
  append(file: LogFile, ctx: Context): Promise<void>
  /** Takes a file that does not change any more. The bytes are the writer's from now on. */
  accept(file: LogFile, ctx: Context): void
  /** Returns when there is room in memory for the next file. May be repeated after it failed. */
  room(ctx: Context): Promise<void>
  /**
   * What there is so far of a file that only ever grows at its end, or changes its facts. Returns how many of its bytes
   * are durable, after everything that was appended: all of them, unless the store holds no tips. Then the beginning of
   * the file is put into the snapshot as "<name>.partial", which costs more and is done less often.
   */
  grow(file: LogFile, ctx: Context): Promise<number>
  /** Replaces the note on the log as a whole. Not kept where the store holds no tips. */
  note(facts: JsonObject, ctx: Context): Promise<void>
  /** Files appended since the writer was opened, and how many of them, in their order, are durable. */
  readonly appended: number
  readonly durable: number
  /** Makes durable what was appended. */
  flush(ctx: Context): Promise<void>
  /** Puts everything appended into the log's snapshot. */
  batch(ctx: Context): Promise<void>
  /** Waits for a batch that is under way. Call `batch` before, unless the rest may stay in tips. */
  [Symbol.asyncDispose](): Promise<void>
}

const defaultBatchBytes = 64 << 20
const defaultBatchAgeMs = 5 * 60_000
const defaultPartialEveryMs = 60_000
/** For room, so long batches under way are waited for before what they hold is written to tips as well. */
const roomPatienceMs = 10_000
/** So long where what came is to be durable by its time: that of the batch being written, and of one with the rest. */
const flushPatienceMs = 1_500
/** So long for one that has no lock yet: nobody else has it then, and it may take for ever. */
const lockPatienceMs = 500
const retryBatchAfterMs = 30_000
/** An exclusive lock needs a moment in which there is no other. */
const lockedAtMostMs = 60_000
/** When so much of the next batch comes during one, there is load: it is stored at once, and soon enough for a batch. */
const aheadShare = 0.25
/** Under load each batch holds at least so much of one, and the threads have the rest of what is in memory meanwhile. */
const stepShare = 0.5
const lookEveryMs = 20
const lookedForRest = 100
/** In memory, as a multiple of a batch: the one that is written, and the beginning of the next. */
const batchesInMemory = 1.5

export async function openLogWriter(
  repository: Repository,
  place: LogPlace,
  options: LogWriterOptions,
  ctx: Context,
): Promise<LogWriter> {
  const keeper = createLogKeeper(repository, place, options.settings, options.lock)
  const store = createTipStore(repository, place)
  const waiting = options.takesOver === false ? [] : await recover(keeper, store, ctx)
  return new BatchingLogWriter(keeper, store, waiting, options)
}

/** Files that ended but reached no snapshot; removes tips of those that did before their writer died. */
async function recover(keeper: LogKeeper, store: TipStore, ctx: Context): Promise<PendingFile[]> {
  // tips first: see listTips
  const chains = await store.load(ctx)
  // reading what is in snapshots takes the whole index: not for one file that another process pushes
  if (chains.length > 0) await keeper.refresh(ctx)
  const waiting: PendingFile[] = []
  for (const chain of chains) {
    const { nodes } = await keeper.folder(chain.folder, ctx)
    const stored = nodes.get(chain.name)
    if (stored !== undefined && stored.size >= chain.sizeBytes) await store.remove(chain, ctx)
    else if (chain.ended) waiting.push(PendingFile.inTips(chain, store))
  }
  return waiting.toSorted((a, b) => (logFileKey(a) < logFileKey(b) ? -1 : 1))
}

class BatchingLogWriter implements LogWriter {
  readonly keeper: LogKeeper
  readonly #store: TipStore
  readonly #batchBytes: number
  readonly #batchAgeMs: number
  readonly #partialEveryMs: number
  #partial = { fileKey: '', sizeBytes: 0, atMs: 0 }
  readonly #pending: PendingFile[]
  #appended = 0
  #running: Promise<void> | undefined
  /** while the repository is locked: may be given what later batches hold until then */
  #held: { readonly log: HeldLog; readonly untilMs: number } | undefined
  /** what the batch that is being written is made of */
  #writing: ReadonlySet<PendingFile> | undefined
  /** what came before this position is put into the next batch, however little it is */
  #wantedBefore = 0
  readonly #waiting: (() => void)[] = []
  #failure: unknown
  #retryAtMs = 0

  constructor(keeper: LogKeeper, store: TipStore, pending: PendingFile[], options: LogWriterOptions) {
    this.keeper = keeper
    this.#store = store
    this.#pending = pending
    this.#batchBytes = options.batchBytes ?? defaultBatchBytes
    this.#batchAgeMs = options.batchAgeMs ?? defaultBatchAgeMs
    this.#partialEveryMs = options.partialEveryMs ?? defaultPartialEveryMs
  }

  get appended(): number {
    return this.#appended
  }

  get durable(): number {
    const first = this.#pending.find((file) => !file.isDurable)
    return first === undefined ? this.#appended : first.position
  }

  async append(file: LogFile, ctx: Context): Promise<void> {
    this.accept(file, ctx)
    await this.room(ctx)
  }

  accept(file: LogFile, ctx: Context): void {
    const { folder, name, bytes } = file
    this.#throwFailure()
    const again = this.#pending.find((each) => each.folder === folder && each.name === name)
    const position = this.#appended++
    // it came before, to a writer that died: its tips do
    if (again !== undefined && again.sizeBytes >= bytes.length) return
    const nowMs = ctx.now().getTime()
    this.#pending.push(PendingFile.inMemory(file, { store: this.#store, position, nowMs }))
    this.#startBatch(ctx)
    this.#prepareNext(nowMs)
  }

  async room(ctx: Context): Promise<void> {
    const memoryBytesAtMost = batchesInMemory * this.#batchBytes
    if (this.#memoryBytes() <= memoryBytesAtMost) return
    await this.#patience(roomPatienceMs, () => this.#memoryBytes() <= memoryBytesAtMost)
    if (this.#memoryBytes() > memoryBytesAtMost) await this.flush(ctx)
    for (const file of this.#pending) file.forgetBytes()
  }

  async grow(file: LogFile, ctx: Context): Promise<number> {
    await this.flush(ctx)
    if (!this.#store.holdsTips) return await this.#growWithoutTips(file, ctx)
    await this.#store.grow(file, ctx)
    return file.bytes.length
  }

  async note(facts: JsonObject, ctx: Context): Promise<void> {
    await this.flush(ctx)
    if (this.#store.holdsTips) await this.#store.note(facts, ctx)
  }

  async flush(ctx: Context): Promise<void> {
    this.#startBatch(ctx)
    const files = this.#pending.filter((file) => !file.isDurable)
    if (files.length === 0) return
    // batches that are about to end spare the tips; while there is one, another costs less than they do
    if (this.#running !== undefined) this.#wantedBefore = this.#appended
    await this.#patience(flushPatienceMs, () => files.every(({ isDurable }) => isDurable))
    if (!this.#store.holdsTips) {
      while (this.#pending.some((file) => files.includes(file))) await this.batch(ctx)
      return
    }
    const left = files.filter((file) => !file.isDurable)
    for (const file of left) {
      const { folder, name, facts } = file
      const bytes = await file.bytes()
      // a batch may end before this or while it happens
      if (bytes === undefined || file.isDurable) continue
      await this.#store.keep({ folder, name, facts, bytes }, ctx)
      if (!this.#pending.includes(file)) await this.#store.remove(file, ctx)
    }
    await this.#store.flush(ctx)
    for (const file of left) file.isDurable = true
  }

  async batch(ctx: Context): Promise<void> {
    await this.#running?.catch(() => {})
    if (this.#pending.length === 0) return
    this.#wantedBefore = this.#appended
    while (this.#pending.length > 0) await this.#start(ctx)
    this.#failure = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.catch(() => {})
  }

  async #growWithoutTips({ folder, name, bytes, facts }: LogFile, ctx: Context): Promise<number> {
    const fileKey = logFileKey({ folder, name })
    const nowMs = ctx.now().getTime()
    const known = this.#partial.fileKey === fileKey ? this.#partial.sizeBytes : 0
    const everyMs = known === bytes.length ? this.#batchAgeMs : this.#partialEveryMs
    if (nowMs - this.#partial.atMs < everyMs) return known
    const beginning = { folder, name: partialName(name), facts, lend: async () => copiedLoan(bytes) }
    await this.#running?.catch(() => {})
    await this.keeper.batch([beginning], [], ctx)
    this.#partial = { fileKey, sizeBytes: bytes.length, atMs: nowMs }
    return bytes.length
  }

  #memoryBytes(): number {
    return this.#pending.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  }

  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  /** Tells those who wait that something has changed, such as that a batch has ended, well or not. */
  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Waits a little for the batch that is being written, and for those that follow it, until they have done enough. */
  async #patience(atMostMs: number, isEnough: () => boolean): Promise<void> {
    let [isOver, isLockLate] = [false, false]
    const timers = [
      setTimeout(() => {
        isOver = true
        this.#wake()
      }, atMostMs),
      setTimeout(() => {
        isLockLate = true
        this.#wake()
      }, lockPatienceMs),
    ]
    const isWorthIt = (): boolean => this.#running !== undefined && (this.#held !== undefined || !isLockLate)
    while (isWorthIt() && !isOver && !isEnough()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    for (const timer of timers) clearTimeout(timer)
  }

  /** Begins a batch beside what else is done, if one is due. */
  #startBatch(ctx: Context): void {
    const nowMs = ctx.now().getTime()
    if (this.#running !== undefined || nowMs < this.#retryAtMs || !this.#isDue(nowMs)) return
    this.#start(ctx).catch((error: unknown) => {
      this.#retryAtMs = ctx.now().getTime() + retryBatchAfterMs
      // What waits is kept in tips meanwhile, so a store that is locked or full stops nothing; a defect does.
      if (!isAppError(error)) this.#failure = error
      else if (error.code !== 'INTERRUPTED') {
        const message = `the log could not be put into a snapshot and is tried again: ${error.message}`
        ctx.emit({ type: 'message.noted', level: 'warning', message })
      }
    })
  }

  #isDue(nowMs: number, share = 1): boolean {
    const [oldest] = this.#pending
    if (oldest === undefined) return false
    return bytesOf(this.#pending) >= share * this.#batchBytes || nowMs - oldest.acceptedAtMs >= this.#batchAgeMs
  }

  #start(ctx: Context): Promise<void> {
    const running = this.#writeWhileDue(ctx).finally(() => {
      this.#running = undefined
      this.#wake()
    })
    this.#running = running
    return running
  }

  /** Under load one batch follows the other with one lock, but not so long that nobody else ever gets one. */
  async #writeWhileDue(ctx: Context): Promise<void> {
    await using log = await this.keeper.hold(ctx)
    const untilMs = ctx.now().getTime() + lockedAtMostMs
    this.#held = { log, untilMs }
    try {
      do await this.#write(log, this.#nextFiles(), ctx)
      while (await this.#isNextDue(untilMs, ctx))
    } finally {
      this.#held = undefined
      for (const file of this.#pending) file.ahead = 'no'
    }
  }

  /** What is stored already, and more where that is little: the rest is stored while this batch is finished. */
  #nextFiles(): readonly PendingFile[] {
    let bytes = 0
    const isLeft = (file: PendingFile): boolean => {
      bytes += file.sizeBytes
      return file.ahead !== 'stored' && bytes - file.sizeBytes >= this.#batchBytes * stepShare
    }
    const end = this.#pending.findIndex(isLeft)
    return this.#pending.slice(0, end < 0 ? this.#pending.length : end)
  }

  async #write(log: HeldLog, files: readonly PendingFile[], ctx: Context): Promise<void> {
    this.#writing = new Set(files)
    this.#prepareNext(ctx.now().getTime())
    try {
      await log.batch(files, [])
      for (const file of files) {
        file.stored()
        this.#pending.splice(this.#pending.indexOf(file), 1)
      }
    } finally {
      this.#writing = undefined
      this.#wake()
    }
    // An orphan does no harm and is found by the next writer, so failing to remove it is no failure of the batch.
    for (const file of files) {
      await this.#store.remove(file, ctx).catch((error: unknown) => {
        if (!isAppError(error)) throw error
      })
    }
  }

  /** Under load, has what comes during a batch stored at once, so that the threads are never idle. */
  #prepareNext(nowMs: number): void {
    const held = this.#held
    if (held === undefined || nowMs >= held.untilMs) return
    const next = this.#pending.filter((file) => this.#writing?.has(file) !== true)
    if (!this.#isAhead() && bytesOf(next) < aheadShare * this.#batchBytes) return
    // in their order: those of the batch that is being written come first
    for (const file of this.#pending) {
      if (file.ahead !== 'no') continue
      file.ahead = 'begun'
      void held.log.prepare(file).then(() => (file.ahead = 'stored'))
    }
  }

  /** Whether something has been stored already for the next batch. */
  #isAhead(): boolean {
    return this.#pending.some((file) => file.ahead !== 'no' && this.#writing?.has(file) !== true)
  }

  /** What was stored ahead is put into a snapshot soon, with what comes until then. */
  async #isNextDue(untilMs: number, ctx: Context): Promise<boolean> {
    const isDue = (): boolean => {
      const [first] = this.#pending
      if (first === undefined) return false
      return first.position < this.#wantedBefore || this.#isDue(ctx.now().getTime(), stepShare)
    }
    if (!this.#isAhead()) return isDue() && ctx.now().getTime() < untilMs
    for (let i = 0; i < lookedForRest && !isDue() && !ctx.signal.aborted; i++) await delay(lookEveryMs)
    return true
  }
}

function bytesOf(files: readonly PendingFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}
