import type { JsonObject } from '../format/json-fields.ts'
import type { LogFile, LogFileName } from './log-file.ts'
import type { TipChain } from './list-tips.ts'

/** A file that has ended and waits to be put into the log's snapshot. */
export class PendingFile implements LogFileName {
  readonly folder: string
  readonly name: string
  readonly facts: JsonObject
  readonly sizeBytes: number
  /** how many files its writer had been given before it; −1: it comes from a writer that died */
  readonly position: number
  readonly acceptedAtMs: number
  isDurable: boolean
  #bytes: Uint8Array | undefined

  private constructor(file: Omit<LogFile, 'bytes'>, sizeBytes: number, position: number, acceptedAtMs: number) {
    this.folder = file.folder
    this.name = file.name
    this.facts = file.facts
    this.sizeBytes = sizeBytes
    this.position = position
    this.acceptedAtMs = acceptedAtMs
    this.isDurable = false
  }

  static inMemory(file: LogFile, position: number, nowMs: number): PendingFile {
    const pending = new PendingFile(file, file.bytes.length, position, nowMs)
    pending.#bytes = file.bytes
    return pending
  }

  static inTips(chain: TipChain): PendingFile {
    const pending = new PendingFile(chain, chain.sizeBytes, -1, chain.writtenAtMs)
    pending.isDurable = true
    return pending
  }

  /** undefined when they are in tips only */
  get bytes(): Uint8Array | undefined {
    return this.#bytes
  }

  /** What is in tips need not be in memory. */
  forgetBytes(): void {
    if (this.isDurable) this.#bytes = undefined
  }
}
