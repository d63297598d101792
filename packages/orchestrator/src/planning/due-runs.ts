import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Run, RunDraft } from '../run/run.ts'
import { chooseCheckParts, formatCheckParts, readRotation } from './check-rotation.ts'
import type { CronClock } from './cron-clock.ts'
import { type Fire, firstAllowed, newestDueFire, nextFire } from './next-fire.ts'
import { draftForRepository, draftForSource, type RunChoice } from './run-draft.ts'
import type { Schedule } from './schedule.ts'
import type { Base } from './schedule-memory.ts'

/** A fire that comes later than this after it was due makes up for time in which nobody was there to do it. */
const punctualMs = 60_000

/** `isOverdue`: a fire is due, but has to wait for a window. `never`: the line has no further fire. */
export type Decision =
  | { readonly kind: 'due'; readonly fire: Fire; readonly isFirst: boolean; readonly isMadeUp: boolean }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly isOverdue: boolean }
  | { readonly kind: 'never' }

/** Whether a schedule is due now, or until when there is nothing to do for it. */
export function decide(schedule: Schedule, base: Base, nowMs: number, clock: CronClock): Decision {
  const due = base.kind === 'first' ? undefined : newestDueFire(schedule, base.afterMs, nowMs, clock)
  if (base.kind === 'after' && due === undefined) {
    const next = nextFire(schedule, base.afterMs, clock)
    return next === undefined ? { kind: 'never' } : { kind: 'wait', untilMs: next.atMs, isOverdue: false }
  }
  // Late ones keep to windows too: what was missed at night is not made up for in the day's rush.
  const allowed = firstAllowed(schedule, nowMs, clock)
  if (allowed.atMs > nowMs) return { kind: 'wait', untilMs: allowed.atMs, isOverdue: true }
  return {
    kind: 'due',
    fire: { nominalMs: due?.nominalMs ?? nowMs, ...allowed },
    isFirst: due === undefined,
    isMadeUp: due !== undefined && nowMs - due.atMs > punctualMs,
  }
}

/** The run of the same kind on the same subject that is queued or being done, whoever wanted it. */
export function findActive(schedule: Schedule, activeRuns: readonly Run[]): Run | undefined {
  const { operation, source, repository } = schedule
  return activeRuns.find(
    (run) =>
      run.operation === operation &&
      (source === undefined ? run.repository === repository?.name : run.source === source.name) &&
      (operation !== 'verify' || run.arguments['target'] === targetOf(schedule)),
  )
}

/** What a fire asks for. */
export function draftFire(
  schedule: Schedule,
  due: Decision & { readonly kind: 'due' },
  given: { readonly config: EffectiveConfig; readonly marks: ReadonlyMap<string, string>; readonly nowMs: number },
  clock: CronClock,
): RunDraft {
  const { operation, source, repository } = schedule
  const { fire, isFirst, isMadeUp } = due
  const nominal = new Date(fire.nominalMs)
  const choice: RunChoice = {
    operation,
    cause: { type: 'schedule', fire: nominal, isMadeUp },
    // The first backup has no instant that all servers would agree upon.
    uniqueKey: `${schedule.id}/${isFirst ? 'first' : nominal.toISOString()}`,
    dueAt: new Date(given.nowMs),
  }
  if (source !== undefined) {
    const { arguments: words, touched } = sourceArguments(schedule, fire)
    return draftForSource({ ...choice, arguments: words }, { source, touched }, given.config)
  }
  if (repository === undefined) throw new Error(`schedule ${schedule.id} is about nothing`)
  const words =
    operation === 'check'
      ? { parts: checkParts(schedule, given, clock) }
      : fire.untilMs === undefined
        ? {}
        : { until: new Date(fire.untilMs).toISOString() }
  return draftForRepository({ ...choice, arguments: words }, repository, given.config)
}

/** How long from now a schedule's fires are apart, at most, over its next ones; ms. Infinity: it fires once or never. */
export function periodOf(schedule: Pick<Schedule, 'settings'>, nowMs: number, clock: CronClock): number {
  let longestMs = 0
  let beforeMs = clock.next(schedule.settings, nowMs)
  for (let counted = 0; counted < 8; counted++) {
    const nextMs = beforeMs === undefined ? undefined : clock.next(schedule.settings, beforeMs)
    if (beforeMs === undefined || nextMs === undefined) return Number.POSITIVE_INFINITY
    longestMs = Math.max(longestMs, nextMs - beforeMs)
    beforeMs = nextMs
  }
  return longestMs
}

function sourceArguments(schedule: Schedule, fire: Fire) {
  const { source } = schedule
  const repositories = source?.repositories ?? []
  const [first = ''] = repositories
  if (schedule.operation === 'backup') {
    return { arguments: {}, touched: source?.copyMethod === 'fan-out' ? repositories : [first] }
  }
  // A copy that was never restored is not proven: each repository has its turn.
  const day = Math.floor(fire.nominalMs / 86_400_000)
  const repository = repositories[day % repositories.length] ?? first
  return { arguments: { target: targetOf(schedule), repository }, touched: [repository] }
}

function checkParts(
  schedule: Schedule,
  { marks, nowMs }: { readonly marks: ReadonlyMap<string, string>; readonly nowMs: number },
  clock: CronClock,
): string {
  const { repository } = schedule
  if (repository === undefined) throw new Error(`schedule ${schedule.id} has no repository`)
  const rotation = readRotation(marks.get(`checked/${repository.name}`))
  const everyMs = periodOf(schedule, nowMs, clock)
  const { readAllWithinMs } = repository.check
  return formatCheckParts(chooseCheckParts(rotation, { everyMs, readAllWithinMs, now: new Date(nowMs) }))
}

function targetOf({ id }: Schedule): string {
  return id.startsWith('prove-random/') ? 'random' : 'newest'
}
