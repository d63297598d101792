import type { Context } from '@holdfast/core/context'
import type { JsonObject } from '../format/json-fields.ts'
import type { BatchFile } from './batch-file.ts'
import type { TipChain } from './list-tips.ts'
import { copiedLoan, isAlone, lastLoan, type Loan } from './loan.ts'
import type { LogFile } from './log-file.ts'
import type { TipStore } from './tip-store.ts'

interface Origin {
  readonly store: TipStore
  readonly position: number
  readonly nowMs: number
}

/** A file that has ended and waits to be put into the log's snapshot. */
export class PendingFile implements BatchFile {
  readonly folder: string
  readonly name: string
  readonly facts: JsonObject
  readonly sizeBytes: number
  /** how many files its writer had been given before it; −1: it comes from a writer that died */
  readonly position: number
  readonly acceptedAtMs: number
  isDurable: boolean
  /** whether a batch to come has its content stored already */
  ahead: 'no' | 'begun' | 'stored' = 'no'
  readonly #store: TipStore
  /** undefined: others look at the bytes too */
  readonly #free: LogFile['free']
  #bytes: Uint8Array | undefined
  /** resolved when the bytes are back from a thread */
  #lent: Promise<void> | undefined
  #isLost = false

  private constructor(file: Omit<LogFile, 'bytes'> & { readonly sizeBytes: number }, from: Origin) {
    this.folder = file.folder
    this.name = file.name
    this.facts = file.facts
    this.sizeBytes = file.sizeBytes
    this.position = from.position
    this.acceptedAtMs = from.nowMs
    this.isDurable = false
    this.#store = from.store
    this.#free = file.free
  }

  static inMemory({ bytes, ...file }: LogFile, from: Origin): PendingFile {
    const pending = new PendingFile({ ...file, sizeBytes: bytes.length }, from)
    pending.#bytes = bytes
    return pending
  }

  static inTips(chain: TipChain, store: TipStore): PendingFile {
    const pending = new PendingFile(chain, { store, position: -1, nowMs: chain.writtenAtMs })
    pending.isDurable = true
    return pending
  }

  get memoryBytes(): number {
    return this.#bytes === undefined && this.#lent === undefined ? 0 : this.sizeBytes
  }

  /** Undefined when they are in tips only. Waits for them while a thread has them. */
  async bytes(): Promise<Uint8Array | undefined> {
    await this.#lent
    if (this.#isLost && !this.isDurable) throw new Error(`the bytes of ${this.name} were lost with a thread`)
    return this.#bytes
  }

  async lend(ctx: Context): Promise<Loan> {
    const bytes = await this.bytes()
    if (bytes === undefined) return lastLoan(await this.#store.read(this, ctx))
    if (this.#free === undefined || !isAlone(bytes)) return copiedLoan(bytes)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#lent = promise
    this.#bytes = undefined
    return {
      bytes,
      extraBytes: 0,
      giveBack: (back) => {
        this.#lent = undefined
        if (back.length === this.sizeBytes) this.#bytes = back
        else this.#isLost = true
        resolve()
      },
    }
  }

  /** What is in tips need not be in memory. */
  forgetBytes(): void {
    if (this.isDurable) this.#release()
  }

  /** It is in the log's snapshot. */
  stored(): void {
    this.isDurable = true
    this.#release()
  }

  #release(): void {
    const bytes = this.#bytes
    this.#bytes = undefined
    if (bytes !== undefined && isAlone(bytes)) this.#free?.(bytes)
  }
}
