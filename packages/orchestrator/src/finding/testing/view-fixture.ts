import type { SettingMap } from '@holdfast/core/config/setting'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import type { Sample } from '../../catalogue/catalogue.ts'
import { createCronClock } from '../../planning/cron-clock.ts'
import type { Facts } from '../../planning/facts.ts'
import type { Run } from '../../run/run.ts'
import type { View } from '../detector.ts'
import { findingKey } from '../finding-key.ts'
import type { Finding, Observation } from '../finding.ts'
import { historyOf } from '../history.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** A Saturday noon in UTC. */
export const noon = new Date('2026-11-21T12:00:00.000Z')

export function ago(ageMs: number, now = noon): Date {
  return new Date(now.getTime() - ageMs)
}

const files = { type: 'files', paths: ['/srv/shop'] }

/** One source "shop" of a tier (default "important": daily at 02:00, RPO 24 h), one repository "local". */
export function shopConfig(settings: SettingMap = {}, source: SettingMap = {}) {
  return effectiveConfigOf({
    sources: { shop: { ...('type' in source ? {} : files), tier: 'important', ...source } },
    ...settings,
  })
}

/** A backup of shop from this morning, in order, and nothing else, unless it is said. */
export function viewOf(facts: Partial<Facts> = {}, rest: Partial<Omit<View, 'facts'>> = {}): View {
  return {
    facts: {
      config: shopConfig(),
      now: noon,
      activeRuns: [],
      endedRuns: [],
      succeededRuns: [],
      snapshots: [overviewOf({})],
      proofs: [],
      slowestProofs: [],
      marks: new Map(),
      samples: [],
      openFindings: [],
      ...facts,
    },
    history: historyOf([]),
    clockOffsetMs: 0,
    clock: createCronClock(),
    ...rest,
  }
}

export function overviewOf(overview: Partial<Facts['snapshots'][number]>): Facts['snapshots'][number] {
  return {
    source: 'shop',
    repository: 'local',
    count: 10,
    oldest: ago(5 * dayMs),
    newest: new Date('2026-11-21T02:03:00.000Z'),
    newestId: 'a'.repeat(64),
    ...overview,
  }
}

/** A backup of shop that succeeded this morning, unless it is said. */
export function runOf(run: Partial<Run> = {}): Run {
  return {
    id: '019a0000-0000-7000-8000-000000000000',
    operation: 'backup',
    source: 'shop',
    arguments: {},
    cause: { type: 'manual', by: 'test' },
    uniqueKey: 'backup/shop/x',
    exclusiveKeys: [],
    limitKeys: [],
    dueAt: ago(10 * hourMs),
    priority: 0,
    timeoutMs: dayMs,
    attempts: 3,
    state: 'succeeded',
    attempt: 1,
    queuedAt: ago(10 * hourMs),
    startedAt: ago(10 * hourMs),
    endedAt: ago(9 * hourMs),
    isCancelRequested: false,
    ...run,
  }
}

/** One value a day, the last of this morning. */
export function dailySamples(figure: string, subject: string, values: readonly number[]): Sample[] {
  return values.map((value, index) => ({
    figure,
    subject,
    value,
    at: new Date(new Date('2026-11-21T02:03:00.000Z').getTime() - (values.length - 1 - index) * dayMs),
  }))
}

export function findingOf(finding: Partial<Finding> & Partial<Observation> = {}): Finding {
  const observation: Observation = {
    kind: 'overdue',
    severity: 'warning',
    subject: { source: 'shop' },
    title: 'shop was last backed up 34h 00m ago',
    detail: 'Make one.',
    figures: {},
    ...finding,
  }
  return { key: findingKey(observation), firstSeenAt: ago(hourMs), lastSeenAt: ago(60_000), ...observation, ...finding }
}
