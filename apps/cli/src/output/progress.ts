import type { Event } from '@holdfast/core/events/event'

/** What a progress display shows, whatever the work is. */
export interface Progress {
  /** "backup", "check packs": what is being done */
  readonly work: string
  /** plural, "files" */
  readonly unit: string
  readonly done: number
  readonly total: number | undefined
  readonly bytesDone: number | undefined
  readonly totalBytes: number | undefined
  readonly errors: number
  readonly current: readonly string[]
}

/** The progress that an event reports, or undefined for events that report something else. */
export function progressOf(event: Event): Progress | undefined {
  switch (event.type) {
    case 'backup.progressed':
      return {
        ...nothing,
        work: 'backup',
        unit: 'files',
        done: event.filesDone,
        total: event.totalFiles,
        bytesDone: event.bytesDone,
        totalBytes: event.totalBytes,
        errors: event.errors,
        current: event.currentFiles,
      }
    case 'restore.progressed':
      return {
        ...nothing,
        work: 'restore',
        unit: 'files',
        done: event.filesDone + event.filesSkipped,
        total: event.totalFiles,
        bytesDone: event.bytesDone + event.bytesSkipped,
        totalBytes: event.totalBytes,
      }
    case 'check.progressed':
      return {
        ...nothing,
        work: `check ${event.stage}`,
        unit: checkUnits[event.stage],
        done: event.done,
        total: event.total,
        ...(event.bytesDone > 0 || event.totalBytes !== undefined
          ? { bytesDone: event.bytesDone, totalBytes: event.totalBytes }
          : {}),
      }
    case 'work.progressed':
      return {
        ...nothing,
        work: event.work,
        unit: event.unit,
        done: event.done,
        total: event.total,
        bytesDone: event.bytesDone,
        totalBytes: event.totalBytes,
      }
    default:
      return undefined
  }
}

/** Part that is done, 0 to 1: by bytes where they are known, else by count. */
export function fractionOf(progress: Progress): number | undefined {
  const { bytesDone, totalBytes, done, total } = progress
  if (bytesDone !== undefined && totalBytes !== undefined && totalBytes > 0) return Math.min(1, bytesDone / totalBytes)
  if (total !== undefined && total > 0) return Math.min(1, done / total)
  return undefined
}

const nothing = { bytesDone: undefined, totalBytes: undefined, errors: 0, current: [] }
const checkUnits = { index: 'index files', snapshots: 'snapshots', packs: 'packs', data: 'packs' } as const
