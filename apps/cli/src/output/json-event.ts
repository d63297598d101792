import type { Event } from '@holdfast/core/events/event'
import { fractionOf, type Progress, progressOf } from './progress.ts'
import { type Pace, remaining } from './render-progress.ts'

/** An event as one JSON message, in restic's terms where restic has them (docs/reference/json-output.md). */
export function jsonMessage(event: Event, pace: Pace): Readonly<Record<string, unknown>> {
  switch (event.type) {
    case 'backup.progressed':
    case 'restore.progressed':
    case 'check.progressed':
    case 'work.progressed':
      return statusMessage(event, pace)
    case 'item.failed':
      return { message_type: 'error', error: { message: event.error }, during: event.during, item: event.item }
    case 'item.processed':
      return { message_type: 'verbose_status', action: event.action, item: event.item, size: event.sizeBytes }
    case 'message.noted':
      return { message_type: 'message', level: event.level, message: event.message }
    case 'lock.removed':
      return { message_type: 'lock_removed', lock: event.lock, reason: event.reason }
    case 'request.retried': {
      const { action, file, attempt, delayMs, error } = event
      return { message_type: 'retry', action, file, attempt, delay_seconds: delayMs / 1000, error: { message: error } }
    }
    case 'finding.noted':
      return { message_type: 'finding', code: event.code, message: event.message, hint: event.hint }
    case 'log.followed': {
      const { timeline, received, durable, segments, bytesReceived, recoverableUntil } = event
      const position = { timeline, received, durable, recoverable_until: recoverableUntil }
      return { message_type: 'log', ...position, segments, bytes_received: bytesReceived }
    }
  }
}

type Progressed = Extract<Event, { type: `${string}.progressed` }>

function statusMessage(event: Progressed, pace: Pace): Readonly<Record<string, unknown>> {
  const progress = progressOf(event)
  const common = progress === undefined ? {} : commonFields(progress, pace)
  switch (event.type) {
    case 'backup.progressed':
      return {
        ...common,
        total_files: event.totalFiles,
        files_done: event.filesDone,
        total_bytes: event.totalBytes,
        bytes_done: event.bytesDone,
        error_count: event.errors,
        current_files: event.currentFiles,
      }
    case 'restore.progressed':
      return {
        ...common,
        total_files: event.totalFiles,
        files_restored: event.filesDone,
        files_skipped: event.filesSkipped,
        files_deleted: event.filesDeleted,
        total_bytes: event.totalBytes,
        bytes_restored: event.bytesDone,
        bytes_skipped: event.bytesSkipped,
      }
    case 'check.progressed': {
      const { stage, done, total, bytesDone, totalBytes } = event
      return { ...common, stage, done, total, bytes_done: bytesDone, total_bytes: totalBytes }
    }
    case 'work.progressed': {
      const { work, unit, done, total, bytesDone, totalBytes } = event
      return { ...common, work, unit, done, total, bytes_done: bytesDone, total_bytes: totalBytes }
    }
  }
}

function commonFields(progress: Progress, pace: Pace) {
  const remainingMs = remaining(progress, pace)
  return {
    message_type: 'status',
    seconds_elapsed: Math.round(pace.elapsedMs / 1000),
    seconds_remaining: remainingMs === undefined ? undefined : Math.round(remainingMs / 1000),
    percent_done: fractionOf(progress) ?? 0,
  }
}
