import type { RunDraft } from '../run.ts'

let made = 0

/** A backup of the source "shop" that is due at once, as far as nothing else is said. */
export function draftRun(change: Partial<RunDraft> = {}): RunDraft {
  const source = change.source ?? 'shop'
  return {
    operation: 'backup',
    source,
    arguments: {},
    cause: { type: 'manual', by: 'test' },
    uniqueKey: `test/${++made}`,
    exclusiveKeys: [`source/${source}`],
    limitKeys: ['host/web'],
    dueAt: new Date(0),
    priority: 0,
    timeoutMs: 3_600_000,
    attempts: 3,
    ...change,
  }
}
