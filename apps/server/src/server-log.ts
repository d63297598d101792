import type { Event } from '@holdfast/core/events/event'
import { isAppError } from '@holdfast/core/errors/app-error'

export type LogLevel = 'info' | 'warning' | 'error'
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** What the server says: one JSON object a line. Never a secret: messages of errors hold none, nor do names of things. */
export interface ServerLog {
  write(level: LogLevel, message: string, fields?: LogFields): void
  /** What happens during work; its progress is not written. */
  event(event: Event, fields?: LogFields): void
  failure(message: string, error: unknown, fields?: LogFields): void
}

/** A store that is away fails many requests a second: the same message of an event is written so often at most. */
const againMs = 60_000

export function createServerLog(channel: { write(line: string): unknown }, now: () => Date): ServerLog {
  const write: ServerLog['write'] = (level, message, fields = {}) => {
    channel.write(`${JSON.stringify({ time: now().toISOString(), level, message, ...fields })}\n`)
  }
  /** message → when it was written, and how often it came since */
  const written = new Map<string, { atMs: number; more: number }>()
  const writeSeldom = ({ level, message, fields }: Line, more: LogFields): void => {
    const atMs = now().getTime()
    const before = written.get(message)
    if (before !== undefined && atMs - before.atMs < againMs) {
      before.more += 1
      return
    }
    for (const [key, { atMs: then }] of written) if (atMs - then >= againMs) written.delete(key)
    written.set(message, { atMs, more: 0 })
    const repeated = before === undefined || before.more === 0 ? undefined : before.more
    write(level, message, { ...more, ...fields, repeated })
  }
  return {
    write,
    event: (event, fields = {}) => {
      const line = describeEvent(event)
      if (line !== undefined) writeSeldom(line, fields)
    },
    failure: (message, error, fields = {}) => {
      if (isAppError(error)) {
        write('error', `${message}: ${error.message}`, { ...fields, code: error.code, hint: error.hint })
        return
      }
      // a mistake of the program: its place is what helps to mend it
      const stack = error instanceof Error ? error.stack : undefined
      write('error', `${message}: ${error instanceof Error ? error.message : String(error)}`, { ...fields, stack })
    },
  }
}

interface Line {
  readonly level: LogLevel
  readonly message: string
  readonly fields?: LogFields
}

function describeEvent(event: Event): Line | undefined {
  switch (event.type) {
    case 'message.noted':
      return { level: event.level, message: event.message }
    case 'finding.noted':
      return { level: 'warning', message: event.message, fields: { code: event.code, hint: event.hint } }
    case 'item.failed':
      return { level: 'warning', message: `${event.item}: ${event.error}`, fields: { during: event.during } }
    case 'lock.removed':
      return { level: 'info', message: `removed stale lock ${event.lock.slice(0, 8)}: ${event.reason}` }
    case 'request.retried': {
      const { action, file, attempt, error } = event
      return { level: 'warning', message: `${action} ${file} failed: ${error}`, fields: { attempt } }
    }
    case 'backup.progressed':
    case 'restore.progressed':
    case 'check.progressed':
    case 'work.progressed':
    case 'item.processed':
    case 'log.followed':
      return undefined
  }
}
