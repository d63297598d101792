import { AppError } from '@holdfast/core/errors/app-error'
import type { Arena } from '../engine/arena.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { BlobReader } from '../engine/blob-reader.ts'
import type { ScratchRegion } from './compare-content.ts'
import type { ContentReader } from './content-reader.ts'
import { isFull } from './file-system-errno.ts'
import type { CounterRow } from './restore-counters.ts'
import { controlSlots, type ProcessedItem, type RestoreNote, type RestoreRules } from './restore-protocol.ts'
import type { Selection } from './selection.ts'
import { shownPath } from './target-path.ts'

/** What every step of a worker's work needs. */
export interface RestoreThread {
  readonly arena: Arena
  readonly index: BlobIndex
  readonly blobs: BlobReader
  readonly content: ContentReader
  /** part of the arena that content of existing files is read into */
  readonly scratch: ScratchRegion
  readonly rules: RestoreRules
  readonly selection: Selection
  readonly counters: CounterRow
  readonly treeReadAheadBytes: number
  /** Throws INTERRUPTED once the restore is to end. */
  pause(): void
  /** Reports that one item could not be restored, so that the work can go on; throws what ends all work. */
  fail(path: string, error: unknown, during?: 'restore' | 'verify'): void
  /** Tells that a file was left as it is, so it will not be verified. */
  leave(path: string): void
  /** Collects what is shown in verbose mode. */
  tell(action: ProcessedItem['action'], path: string, sizeBytes: number): void
  /** Sends what was collected. */
  flush(): void
}

type ThreadReports = Pick<RestoreThread, 'pause' | 'fail' | 'leave' | 'tell' | 'flush'>

/** The part of a thread that talks to the scheduler. */
export function createThreadReports(
  rules: RestoreRules,
  control: Int32Array,
  note: (note: RestoreNote) => void,
): ThreadReports {
  let items: ProcessedItem[] = []
  const leave = (path: string): void => {
    const slash = path.lastIndexOf('/')
    note({ type: 'left', directory: path.slice(0, slash), name: path.slice(slash + 1) })
  }
  const flush = (): void => {
    if (items.length > 0) note({ type: 'processed', items })
    items = []
  }
  return {
    leave,
    flush,
    pause() {
      if (Atomics.load(control, controlSlots.stop) !== 0) throw new AppError('INTERRUPTED', {})
    },
    fail(path, error, during = 'restore') {
      if (error instanceof AppError && error.code === 'INTERRUPTED') throw error
      const item = shownPath(path)
      if (isFull(error)) throw new AppError('TARGET_FULL', { target: item, reason: messageOf(error) }, { cause: error })
      note({ type: 'failed', during, path: item, message: messageOf(error) })
      if (during === 'restore') leave(path)
    },
    tell(action, path, sizeBytes) {
      if (!rules.verbose) return
      if (items.push({ action, item: shownPath(path), sizeBytes }) >= 1000) flush()
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
