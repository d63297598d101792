import type { ConfigProblem } from '@holdfast/core/config/config-problem'
import { hasLog } from '@holdfast/core/config/resolve/workload-settings'
import type { EffectiveConfig, ScheduleSettings, SourceSettings } from '@holdfast/core/config/effective-config'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { Cron } from 'croner'

interface CronLine {
  /** undefined when it is no cron line, or one that never fires */
  readonly firstAt?: Date
  /** why it is no cron line */
  readonly reason?: string
  /** the first time between two fires that is longer than this; undefined when there is none */
  gapLongerThan(limitMs: number): number | undefined
}

/** Gaps are looked for in a week and a bit, in a year of months, but not for ever. */
const spanMs = 8 * 86_400_000
const leastFires = 13
const mostFires = 1000

/** Cron lines that are none or never fire, and promises that backups so rare cannot keep. */
export function checkSchedules(config: EffectiveConfig, now: Date): ConfigProblem[] {
  const known = new Map<string, CronLine>()
  const lineOf = (cron: string): CronLine => {
    const line = known.get(cron) ?? readCronLine(cron, now)
    known.set(cron, line)
    return line
  }
  const problems: ConfigProblem[] = []
  const check = (schedule: ScheduleSettings | undefined, path: readonly string[]) => {
    if (schedule === undefined) return
    const said = scheduleProblem(schedule, lineOf(schedule.cron), path)
    if (said !== undefined) problems.push(said)
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
    problems.push(...checkPromise(source, lineOf(source.backup.cron)))
  }
  return problems
}

function scheduleProblem(
  { cron }: ScheduleSettings,
  { reason, firstAt }: CronLine,
  path: readonly string[],
): ConfigProblem | undefined {
  const error = (message: string): ConfigProblem => ({ path, at: 'value', message, severity: 'error' })
  if (cron === '') return error('has no cron line')
  if (reason !== undefined) return error(`is no cron line: ${reason}`)
  return firstAt === undefined ? error('never fires: there is no such day') : undefined
}

function checkPromise({ name, rpoMs, log, backup, workload }: SourceSettings, line: CronLine): ConfigProblem[] {
  if (rpoMs === undefined || log === 'continuous') return []
  const gapMs = line.gapLongerThan(rpoMs)
  if (gapMs === undefined) return []
  const way = hasLog(workload) ? 'set log: continuous, back up more often' : 'back up more often'
  const message = `promises ${formatDurationMs(rpoMs)}, but ${formatDurationMs(gapMs)} pass between backups (${backup.cron}), and no log is followed: ${way}, or promise less`
  return [{ path: ['sources', name, 'rpo'], at: 'value', message, severity: 'error' }]
}

/** In UTC, so that the hour of a clock change does not break a promise of 24 hours. */
function readCronLine(text: string, now: Date): CronLine {
  try {
    const cron = new Cron(text, { timezone: 'UTC', paused: true })
    const firstAt = cron.nextRun(now)
    const gaps = new Map<number, number | undefined>()
    return {
      ...(firstAt === null ? {} : { firstAt }),
      gapLongerThan: (limitMs) => {
        if (!gaps.has(limitMs)) gaps.set(limitMs, firstAt === null ? undefined : findGap(cron, firstAt, limitMs))
        return gaps.get(limitMs)
      },
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const reason = message.replace(/^Cron\w+:\s*/, '').replace(/\.$/, '')
    return { reason, gapLongerThan: () => undefined }
  }
}

function findGap(cron: Cron, firstAt: Date, limitMs: number): number | undefined {
  let before = firstAt
  for (let fires = 1; fires < mostFires; fires++) {
    const next = cron.nextRun(before)
    if (next === null) return undefined
    const gapMs = next.getTime() - before.getTime()
    if (gapMs > limitMs) return gapMs
    if (fires >= leastFires && next.getTime() - firstAt.getTime() > spanMs) return undefined
    before = next
  }
  return undefined
}
