import type { JsonObject } from '../format/json-fields.ts'

/** A file of a log, on its way into a repository. */
export interface LogFile extends LogFileName {
  readonly bytes: Uint8Array
  /** plain JSON, given back by readers */
  readonly facts: JsonObject
  /**
   * When given: nobody else looks at the bytes, they may be moved to another thread, and their memory is given back here
   * when it is of no more use to the log.
   */
  readonly free?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined
}

export interface LogFileName {
  /** "" is the log's own directory; otherwise one level below it */
  readonly folder: string
  readonly name: string
}

/** What a reader learns of a file. */
export interface LogFileInfo extends LogFileName {
  readonly sizeBytes: number
  readonly facts: JsonObject
  /** Where its bytes are. A growing file is in tips only; `batch` is an ordinary snapshot. */
  readonly heldIn: 'batch' | 'tip'
  /** The writer had not ended the file yet: more bytes may have followed. */
  readonly growing: boolean
}

/** One text for a file, as a key of maps. */
export function logFileKey({ folder, name }: LogFileName): string {
  return `${folder}/${name}`
}
