import { processorMs } from '@holdfast/core/testing/processor-time'
import { describe, expect, it } from 'vitest'
import {
  ago,
  dailySamples,
  dayMs,
  findingOf,
  hourMs,
  noon,
  overviewOf,
  runOf,
  shopConfig,
  viewOf,
} from '../finding/testing/view-fixture.ts'
import { createCronClock } from '../planning/cron-clock.ts'
import { writeRotation } from '../planning/check-rotation.ts'
import type { Facts } from '../planning/facts.ts'
import { createMetrics } from './create-metrics.ts'
import { counters, gauges, histograms } from './metric-definition.ts'

const metrics = () => createMetrics({ version: '1.2.3', withProcess: false })
const render = (facts: Partial<Facts> = {}, of = metrics()) => of.render(viewOf(facts).facts, createCronClock())
/** Lines of one metric, without its description. */
const lines = (text: string, name: string) =>
  text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))

const proof = {
  id: '1',
  source: 'shop',
  repository: 'local',
  snapshotId: 'a'.repeat(64),
  verdict: 'passed' as const,
  target: 'newest',
  endedAt: ago(dayMs),
  recoveryMs: 90_000,
  bytes: 0,
  checks: '[]',
}

describe('the metrics of a source', () => {
  it('tell age and promise of what can be restored', async () => {
    const text = await render({ proofs: [proof], slowestProofs: [proof] })
    expect(lines(text, 'holdfast_source_info')).toEqual([
      'holdfast_source_info{source="shop",type="files",tier="important"} 1',
    ])
    const restorable = new Date('2026-11-21T02:03:00Z').getTime() / 1000
    const value = (name: string) => Number(lines(text, `holdfast_source_${name}`)[0]?.split(' ').at(-1))
    expect(value('newest_restorable_timestamp_seconds')).toBe(restorable)
    expect(value('last_backup_timestamp_seconds')).toBe(restorable)
    expect(value('recovery_point_age_seconds')).toBe(noon.getTime() / 1000 - restorable)
    expect(value('recovery_point_promise_seconds')).toBe(86_400)
    expect(value('recovery_time_seconds')).toBe(90)
    expect(value('recovery_time_promise_seconds')).toBe(14_400)
    expect(value('proof_age_seconds')).toBe(86_400)
    expect(value('proof_passed')).toBe(1)
    expect(value('snapshots')).toBe(10)
    expect(lines(text, 'holdfast_source_objective_met')).toEqual([
      'holdfast_source_objective_met{source="shop",objective="rpo"} 1',
      'holdfast_source_objective_met{source="shop",objective="rto"} 1',
    ])
  })

  it('are absent where nothing is known or promised', async () => {
    const text = await render({ config: shopConfig({}, { tier: 'temporary' }), snapshots: [] })
    for (const name of [
      'last_backup_timestamp_seconds',
      'recovery_point_promise_seconds',
      'objective_met',
      'proof_passed',
    ]) {
      expect(lines(text, `holdfast_source_${name}`)).toEqual([])
    }
  })

  it('tell size, growth and deduplication of the newest backup', async () => {
    const samples = [
      ...dailySamples('backup-bytes-read', 'source/shop', [1000]),
      ...dailySamples('backup-bytes-added', 'source/shop', [100]),
      ...dailySamples('backup-bytes-stored', 'source/shop', [40]),
      ...dailySamples('backup-duration-ms', 'source/shop', [1500]),
    ]
    const text = await render({ samples })
    expect(lines(text, 'holdfast_source_size_bytes')).toEqual(['holdfast_source_size_bytes{source="shop"} 1000'])
    expect(lines(text, 'holdfast_source_deduplication_ratio')).toEqual([
      'holdfast_source_deduplication_ratio{source="shop"} 0.9',
    ])
    expect(lines(text, 'holdfast_source_last_backup_duration_seconds')[0]).toMatch(/ 1\.5$/)
  })

  it('count findings by severity, zeros too', async () => {
    const text = await render({ openFindings: [findingOf(), findingOf({ kind: 'log-gap', severity: 'critical' })] })
    expect(lines(text, 'holdfast_source_findings')).toEqual([
      'holdfast_source_findings{source="shop",severity="critical"} 1',
      'holdfast_source_findings{source="shop",severity="warning"} 1',
      'holdfast_source_findings{source="shop",severity="info"} 0',
    ])
    expect(lines(text, 'holdfast_findings')).toContain(
      'holdfast_findings{kind="overdue",severity="warning",acknowledged="no"} 1',
    )
  })

  it('tell how far its log is behind', async () => {
    const config = shopConfig({}, { type: 'postgresql', connection: { text: 'host=db1' }, tier: 'critical' })
    const state = { at: noon, recoverableUntil: ago(20_000), slot: { walStatus: 'reserved', keptBytes: 7 } }
    const text = await render({ config, marks: new Map([['log/shop', JSON.stringify(state)]]) })
    expect(lines(text, 'holdfast_log_lag_seconds')).toEqual(['holdfast_log_lag_seconds{source="shop"} 20'])
    expect(lines(text, 'holdfast_log_gap')).toEqual(['holdfast_log_gap{source="shop"} 0'])
    expect(lines(text, 'holdfast_log_slot_kept_bytes')).toEqual(['holdfast_log_slot_kept_bytes{source="shop"} 7'])
  })

  it('go away with the source', async () => {
    const own = metrics()
    await render({}, own)
    const text = await render({ config: shopConfig({ sources: {} }), snapshots: [overviewOf({})] }, own)
    expect(text).not.toContain('source="shop"')
  })
})

describe('the other metrics', () => {
  it('tell what waits and what is being done, zeros too', async () => {
    const active = lines(await render({ activeRuns: [runOf({ state: 'running' })] }), 'holdfast_runs_active')
    expect(active).toContain('holdfast_runs_active{operation="backup",state="running"} 1')
    expect(active).toContain('holdfast_runs_active{operation="verify",state="queued"} 0')
  })

  it('tell how a repository is filled and read again', async () => {
    const { source: _source, ...check } = runOf({ operation: 'check', repository: 'local' })
    const text = await render({
      samples: dailySamples('repository-bytes', 'repository/local', [5000]),
      marks: new Map([
        ['checked/local', writeRotation({ since: ago(9 * dayMs), readAt: [ago(hourMs), ago(2 * hourMs)] })],
      ]),
      succeededRuns: [check],
    })
    expect(lines(text, 'holdfast_repository_size_bytes')).toEqual([
      'holdfast_repository_size_bytes{repository="local"} 5000',
    ])
    expect(lines(text, 'holdfast_repository_unread_age_seconds')[0]).toMatch(/ 7200$/)
    expect(lines(text, 'holdfast_repository_last_success_timestamp_seconds')[0]).toContain('operation="check"')
  })

  it('count the runs of this process, and begin at zero', async () => {
    const own = metrics()
    own.observeRun(runOf({ result: { bytesRead: 100, bytesAdded: 10, bytesStored: 4 } }))
    own.observeRun(runOf({ state: 'failed' }))
    const text = await render({}, own)
    expect(lines(text, 'holdfast_runs_total')).toContain('holdfast_runs_total{operation="backup",state="succeeded"} 1')
    expect(lines(text, 'holdfast_runs_total')).toContain('holdfast_runs_total{operation="prune",state="lost"} 0')
    expect(lines(text, 'holdfast_backup_read_bytes_total')).toEqual([
      'holdfast_backup_read_bytes_total{source="shop"} 100',
    ])
    expect(lines(text, 'holdfast_run_duration_seconds_count')).toContain(
      'holdfast_run_duration_seconds_count{operation="backup"} 2',
    )
    expect(lines(text, 'holdfast_run_duration_seconds_bucket')).toContain(
      'holdfast_run_duration_seconds_bucket{le="3600",operation="backup"} 2',
    )
  })

  it('tell the last tick only when there was one', async () => {
    const own = metrics()
    expect(lines(await render({}, own), 'holdfast_scheduler_last_tick_timestamp_seconds')).toEqual([])
    own.observeTick(noon)
    expect(lines(await render({}, own), 'holdfast_scheduler_last_tick_timestamp_seconds')).toEqual([
      `holdfast_scheduler_last_tick_timestamp_seconds ${noon.getTime() / 1000}`,
    ])
  })

  it('tell of a refused configuration', async () => {
    const marks = new Map([['config/error', JSON.stringify({ at: noon, message: 'x' })]])
    expect(lines(await render(), 'holdfast_configuration_valid')).toEqual(['holdfast_configuration_valid 1'])
    expect(lines(await render({ marks }), 'holdfast_configuration_valid')).toEqual(['holdfast_configuration_valid 0'])
  })

  it('take no longer for each source when there are 1000', async () => {
    const sources = Object.fromEntries(
      Array.from({ length: 1000 }, (_, at) => [`s${at}`, { type: 'files', paths: ['/srv'], tier: 'important' }]),
    )
    const snapshots = Object.keys(sources).map((source) => overviewOf({ source }))
    const own = metrics()
    const { facts } = viewOf({ config: shopConfig({ sources }), snapshots })
    const clock = createCronClock()
    await own.render(facts, clock)
    const startedAt = processorMs()
    const text = await own.render(facts, clock)
    // Far above what it takes on an idle machine; a quadratic loop would take seconds.
    expect(processorMs() - startedAt).toBeLessThan(1500)
    expect(lines(text, 'holdfast_source_info')).toHaveLength(1000)
  })
})

describe('their names', () => {
  const all = [...Object.values(gauges), ...Object.values(counters), ...Object.values(histograms)]

  it('keep the conventions: a unit in base units, _total on counters and on nothing else', () => {
    const unitless = /_(?:info|met|passed|valid|gap|copies|snapshots|findings|active|failures|total|points)$/
    for (const { name } of all) {
      expect(name).toMatch(/^holdfast_[a-z_]+$/)
      expect(/_(?:seconds|bytes|ratio)(?:_total)?$/.test(name) || unitless.test(name), name).toBe(true)
    }
    for (const { name } of Object.values(counters)) expect(name).toMatch(/_total$/)
    for (const { name } of [...Object.values(gauges), ...Object.values(histograms)]) expect(name).not.toMatch(/_total$/)
  })

  it('are each there once, with a meaning and few labels', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    for (const { help, labels } of all) {
      expect(help).toMatch(/^[A-Z].*[^.]$/)
      expect(labels.length).toBeLessThanOrEqual(3)
    }
  })

  it('are what is rendered', async () => {
    const own = metrics()
    const declared = [...(await render({}, own)).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(new Set(declared)).toEqual(new Set(own.names))
  })
})
