/** Thread that counts what a backup will find, so that its progress has an end. It reads no file. */
import { lstatSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { createSourceFilter, type SourceFilter } from '../filter/source-filter.ts'
import { joinPath, readNames, systemPath } from './raw-path.ts'
import { readFileStart } from './file-reader.ts'
import type { ScanStart, ScanTotals } from './scan-source.ts'
import type { ChosenChildren, RawPath } from './save-jobs.ts'

const reportEveryMs = 500

// boundary: scan-source.ts starts the thread with exactly this
const { root, filter: spec } = workerData as ScanStart
const filter: SourceFilter = createSourceFilter(spec, readFileStart)
const totals = { files: 0, sizeBytes: 0 }
let reported = performance.now()

scan(root.path, root.only)
report(true)

function scan(directory: RawPath, only: ChosenChildren | undefined): void {
  const device = filter.staysOnFileSystem ? statOf(directory)?.dev : undefined
  for (const name of namesOf(directory, only)) {
    const chosen = typeof name === 'string' ? only?.[name] : undefined
    const path = joinPath(directory, name)
    if ((chosen === undefined || chosen === 'all') && filter.excludesPath(path)) continue
    const stats = statOf(path)
    if (stats === undefined) continue
    const isDirectory = stats.isDirectory()
    if (!isDirectory && filter.excludesSize(stats.size)) continue
    if (device !== undefined && chosen === undefined) {
      if (filter.excludesPlace(path, { device: stats.dev, isDirectory, parentDevice: device })) continue
    }
    if (isDirectory) scan(path, chosen === 'all' ? undefined : chosen)
    else if (stats.isFile()) count(Number(stats.size))
  }
}

function count(sizeBytes: number): void {
  totals.files++
  totals.sizeBytes += sizeBytes
  if (totals.files % 1000 === 0 && performance.now() - reported > reportEveryMs) report(false)
}

function report(complete: boolean): void {
  reported = performance.now()
  const message: ScanTotals = { ...totals, complete }
  parentPort?.postMessage(message)
}

/** What cannot be listed is reported by the backup itself. */
function namesOf(directory: RawPath, only: ChosenChildren | undefined): readonly (string | Buffer)[] {
  if (only !== undefined) return Object.keys(only)
  try {
    const names = readNames(directory)
    return filter.remainingNames(directory, names) ?? names
  } catch {
    return []
  }
}

function statOf(path: RawPath) {
  try {
    return lstatSync(systemPath(path), { bigint: true, throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
