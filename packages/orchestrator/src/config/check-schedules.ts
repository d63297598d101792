import type { ConfigProblem } from '@holdfast/core/config/config-problem'
import type { EffectiveConfig, ScheduleSettings, SourceSettings } from '@holdfast/core/config/effective-config'
import type { SettingTree } from '@holdfast/core/config/resolve/setting-tree'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { Cron } from 'croner'

interface Rhythm {
  /** undefined when it is no cron line */
  readonly firstAt?: Date
  /** the longest time between two of the next fires */
  readonly longestGapMs: number
  readonly reason?: string
}

/** Enough to see a week by the quarter of an hour, or years of monthly fires. */
const firesLookedAt = 700

/** Cron lines that are none or never fire, and promises that backups so rare cannot keep. */
export function checkSchedules(config: EffectiveConfig, tree: SettingTree, now: Date): ConfigProblem[] {
  const known = new Map<string, Rhythm>()
  const rhythmOf = (cron: string): Rhythm => {
    const rhythm = known.get(cron) ?? findRhythm(cron, now)
    known.set(cron, rhythm)
    return rhythm
  }
  const problems: ConfigProblem[] = []
  const check = (schedule: ScheduleSettings | undefined, path: readonly string[]) => {
    if (schedule === undefined) return
    const said = scheduleProblem(schedule, rhythmOf(schedule.cron), path)
    if (said !== undefined && !isRepeated(said, problems, tree)) problems.push(said)
  }
  for (const { name, prune, check: checking } of config.repositories.values()) {
    check(prune.schedule, ['repositories', name, 'prune', 'schedule', 'cron'])
    check(checking.schedule, ['repositories', name, 'check', 'schedule', 'cron'])
  }
  for (const source of config.sources.values()) {
    const path = ['sources', source.name]
    check(source.backup, [...path, 'backup', 'cron'])
    check(source.prove.newest, [...path, 'prove', 'newest', 'cron'])
    check(source.prove.random, [...path, 'prove', 'random', 'cron'])
    problems.push(...checkPromise(source, rhythmOf(source.backup.cron)))
  }
  return problems
}

function scheduleProblem(
  { cron }: ScheduleSettings,
  rhythm: Rhythm,
  path: readonly string[],
): ConfigProblem | undefined {
  const error = (message: string): ConfigProblem => ({ path, at: 'value', message, severity: 'error' })
  if (cron === '') return error('has no cron line')
  if (rhythm.reason !== undefined) return error(`is no cron line: ${rhythm.reason}`)
  return rhythm.firstAt === undefined ? error('never fires: there is no such day') : undefined
}

/** A tier's cron line is wrong once, however many sources have the tier. */
function isRepeated(problem: ConfigProblem, before: readonly ConfigProblem[], tree: SettingTree): boolean {
  const place = (path: ConfigProblem['path']) => {
    const origin = tree.origins.get(path.join('.'))
    return origin?.line === undefined ? undefined : `${origin.file}:${origin.line}`
  }
  const own = place(problem.path)
  return own !== undefined && before.some(({ path, message }) => message === problem.message && place(path) === own)
}

function checkPromise({ name, rpoMs, log, backup, workload }: SourceSettings, rhythm: Rhythm): ConfigProblem[] {
  if (rpoMs === undefined || log === 'continuous' || rhythm.longestGapMs <= rpoMs) return []
  const [promised, gap] = [formatDurationMs(rpoMs), formatDurationMs(rhythm.longestGapMs)]
  const follows = workload.type === 'postgresql' && workload.method !== 'logical'
  const way = follows ? 'set log: continuous, back up more often' : 'back up more often'
  const message = `promises ${promised}, but ${gap} pass between backups (${backup.cron}), and no log is followed: ${way}, or promise less`
  return [{ path: ['sources', name, 'rpo'], at: 'value', message, severity: 'error' }]
}

/** In UTC, so that the hour of a clock change does not break a promise of 24 hours. */
function findRhythm(cron: string, now: Date): Rhythm {
  try {
    const fires = new Cron(cron, { timezone: 'UTC', paused: true }).nextRuns(firesLookedAt, now)
    let longestGapMs = 0
    for (const [position, fire] of fires.entries()) {
      const before = fires[position - 1]
      if (before !== undefined) longestGapMs = Math.max(longestGapMs, fire.getTime() - before.getTime())
    }
    const [firstAt] = fires
    return { longestGapMs, ...(firstAt === undefined ? {} : { firstAt }) }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { longestGapMs: 0, reason: message.replace(/^Cron\w+:\s*/, '').replace(/\.$/, '') }
  }
}
