import type { Run } from '../run.ts'

/** For tests: a backup that somebody asked for, and that is running. */
export function blankRun(id: string): Run {
  return {
    id,
    operation: 'backup',
    arguments: {},
    cause: { type: 'manual', by: 'test' },
    uniqueKey: id,
    exclusiveKeys: [],
    limitKeys: [],
    dueAt: new Date(),
    priority: 0,
    timeoutMs: 60_000,
    attempts: 1,
    state: 'running',
    attempt: 1,
    queuedAt: new Date(),
    isCancelRequested: false,
  }
}
