import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { SettingMap } from '@holdfast/core/config/setting'
import { planningConfig, sourceFor } from '@holdfast/orchestrator/planning/testing/planning-fixture'
import type { PlainLine } from './fire-model.ts'

/** Schedules in words; the cron lines of the configuration are written from them. */
export const yearLines: Readonly<Record<string, PlainLine>> = {
  'backup/shop': { minute: 0, hours: [0, 6, 12, 18], timeZone: 'Europe/Berlin' },
  'prove-newest/shop': { minute: 30, hours: [3], timeZone: 'Europe/Berlin' },
  // never shown on the day the clock is put forward, twice when it is put back
  'backup/wiki': { minute: 30, hours: [2], timeZone: 'Europe/Berlin' },
  'prove-newest/wiki': { minute: 0, hours: [4], weekday: 6, timeZone: 'Europe/Berlin' },
  'backup/files': { minute: 30, hours: [1, 13], timeZone: 'America/New_York' },
  'backup/scratch': { minute: 0, hours: [0], weekday: 0, timeZone: 'America/Santiago' },
  'prune/local': { minute: 0, hours: [12], weekday: 3, timeZone: 'Europe/Berlin' },
  'check/offsite': { minute: 15, hours: [5], timeZone: 'Europe/Berlin' },
}
/** What somebody changes the line of the wiki into. */
export const wikiLater: PlainLine = { minute: 15, hours: [3], timeZone: 'Europe/Berlin' }
export const readAllWithinMs = 10 * 86_400_000

function schedule(line: PlainLine): SettingMap {
  const cron = `${line.minute} ${line.hours.join(',')} * * ${line.weekday ?? '*'}`
  return { cron, timeZone: line.timeZone, jitter: '0' }
}

/** Two repositories and four sources: copied, fanned out, with blackouts, and alone. */
export function yearConfig(wiki: PlainLine): EffectiveConfig {
  const line = (id: string) => schedule(yearLines[id] ?? wiki)
  const both = ['local', 'offsite']
  return planningConfig(
    {
      shop: sourceFor('0 0 * * *', {
        backup: line('backup/shop'),
        prove: { newest: line('prove-newest/shop'), random: 'none' },
        repositories: both,
        keep: { hourly: 24, daily: 7, weekly: 4, monthly: 12 },
      }),
      wiki: sourceFor('0 0 * * *', {
        backup: schedule(wiki),
        prove: { newest: line('prove-newest/wiki'), random: 'none' },
        repositories: both,
        copyMethod: 'fan-out',
        keep: { daily: 7, weekly: 4, monthly: 12 },
      }),
      files: sourceFor('0 0 * * *', {
        backup: line('backup/files'),
        blackouts: ['08:00-20:00'],
        keep: { last: 5, daily: 10 },
      }),
      scratch: sourceFor('0 0 * * *', { backup: line('backup/scratch'), keep: { daily: 7 } }),
    },
    {
      local: { prune: { schedule: line('prune/local'), window: '22:00-04:00' } },
      offsite: { check: { schedule: line('check/offsite'), readAllWithin: '10d' } },
    },
  )
}

/** Whether a schedule may begin something then: outside the blackout of the files, inside the window of the prune. */
export function mayBegin(id: string, atMs: number): boolean {
  const [hour = 0] = berlin.format(atMs).split(':').map(Number)
  if (id === 'backup/files') return hour < 8 || hour >= 20
  return id !== 'prune/local' || hour >= 22 || hour < 4
}

const berlin = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Berlin', timeStyle: 'short' })
