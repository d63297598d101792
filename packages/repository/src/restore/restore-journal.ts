import type { Context } from '@holdfast/core/context'
import type { RestoreNote } from './restore-protocol.ts'
import { reportedFailuresAtMost, type RestoreFailure } from './restore-request.ts'

/** What workers told about single items. */
export interface RestoreJournal {
  take(note: RestoreNote): void
  readonly errors: readonly RestoreFailure[]
  errorCount(): number
  /** names in a directory that were left alone or failed (byte text) */
  leftIn(directory: string): ReadonlySet<string>
}

export function createJournal(ctx: Context): RestoreJournal {
  const errors: RestoreFailure[] = []
  const left = new Map<string, Set<string>>()
  let errorCount = 0
  return {
    errors,
    errorCount: () => errorCount,
    leftIn: (directory) => left.get(directory) ?? new Set(),
    take(note) {
      switch (note.type) {
        case 'failed':
          errorCount++
          if (errors.length < reportedFailuresAtMost) errors.push({ path: note.path, message: note.message })
          ctx.emit({ type: 'item.failed', during: note.during, item: note.path, error: note.message })
          return
        case 'left': {
          const names = left.get(note.directory)
          if (names === undefined) left.set(note.directory, new Set([note.name]))
          else names.add(note.name)
          return
        }
        case 'processed':
          for (const item of note.items) ctx.emit({ type: 'item.processed', ...item })
      }
    },
  }
}
