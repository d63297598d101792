import type { Event } from '@holdfast/core/events/event'
import type { ProgressView } from '@holdfast/api/view/event-view'

/** Undefined for events that count nothing. */
export function progressOf(event: Event): ProgressView | undefined {
  switch (event.type) {
    case 'backup.progressed':
      return progress('files', event.filesDone, event.totalFiles, event.bytesDone, event.totalBytes)
    case 'restore.progressed':
      return progress('files', event.filesDone, event.totalFiles, event.bytesDone, event.totalBytes)
    case 'check.progressed':
      return { ...progress('parts', event.done, event.total, event.bytesDone, event.totalBytes), stage: event.stage }
    case 'work.progressed':
      return { ...progress(event.unit, event.done, event.total, event.bytesDone, event.totalBytes), stage: event.work }
    default:
      return undefined
  }
}

function progress(what: string, done: number, total?: number, bytesDone?: number, bytesTotal?: number): ProgressView {
  return {
    what,
    done,
    ...(total !== undefined && { total }),
    ...(bytesDone !== undefined && { bytesDone }),
    ...(bytesTotal !== undefined && { bytesTotal }),
  }
}
