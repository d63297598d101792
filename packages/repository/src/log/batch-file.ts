import type { Context } from '@holdfast/core/context'
import type { JsonObject } from '../format/json-fields.ts'
import type { SaveRequest, SnapshotIdentity } from '../save/save-request.ts'
import type { Loan } from './loan.ts'
import type { LogFileName } from './log-file.ts'

/** How a log is written into a repository. */
export interface LogSettings {
  /** `hostname` is the host of the source, not of the machine that writes */
  readonly identity: SnapshotIdentity
  readonly programVersion: string
  readonly compression: SaveRequest['compression']
  readonly packBytes: number
  readonly workers: number
}

/** A file to be added to a log's snapshot; its content is asked for when it is its turn. */
export interface BatchFile extends LogFileName {
  readonly facts: JsonObject
  lend(ctx: Context): Promise<Loan>
}
