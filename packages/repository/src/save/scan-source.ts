import { Worker } from 'node:worker_threads'
import type { FilterSpec } from '../filter/source-filter.ts'
import type { SourceRoot } from './source-tree.ts'

export interface ScanStart {
  readonly root: SourceRoot
  readonly filter: FilterSpec
}

export interface ScanTotals {
  readonly files: number
  readonly sizeBytes: number
  /** false while the count still grows */
  readonly complete: boolean
}

/** Counts the files of a source in a thread beside the backup. */
export interface SourceScan extends AsyncDisposable {
  /** undefined until the first figures are there */
  readonly totals: ScanTotals | undefined
}

export function scanSource(start: ScanStart): SourceScan {
  let totals: ScanTotals | undefined
  const worker = new Worker(new URL('./scan-worker.ts', import.meta.url), { workerData: start })
  worker.unref()
  worker.on('message', (message: ScanTotals) => {
    totals = message
  })
  // it only serves the progress bar: what goes wrong in it will also go wrong, and be reported, in the backup
  worker.on('error', () => {})
  return {
    get totals() {
      return totals
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}
