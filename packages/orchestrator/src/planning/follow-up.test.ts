import { describe, expect, test } from 'vitest'
import type { SnapshotOverview, SnapshotRecord } from '../catalogue/catalogue.ts'
import type { EndState, Run } from '../run/run.ts'
import { chooseCopies } from './choose-copies.ts'
import { planFollowUps } from './follow-up.ts'
import { planMissingCopies } from './missing-copies.ts'
import { planningConfig, sourceFor } from './testing/planning-fixture.ts'

const now = new Date('2026-06-01T02:10:00Z')
const both = { repositories: ['local', 'offsite'] }
const config = planningConfig({ shop: sourceFor('0 2 * * *', both), solo: sourceFor('0 2 * * *') })

function ended(changes: Partial<Run> & Pick<Run, 'operation'>, state: EndState = 'succeeded'): Run {
  return {
    id: 'run-1',
    source: 'shop',
    arguments: {},
    cause: { type: 'manual', by: 'test' },
    uniqueKey: 'key',
    exclusiveKeys: [],
    limitKeys: [],
    dueAt: now,
    priority: 0,
    timeoutMs: 1,
    attempts: 1,
    state,
    attempt: 1,
    queuedAt: now,
    isCancelRequested: false,
    ...changes,
  }
}

const follow = (run: Run) => planFollowUps(run, config, now).map(({ uniqueKey }) => uniqueKey)

function overview(repository: string, newest: string): SnapshotOverview {
  const time = new Date(newest)
  return { source: 'shop', repository, count: 1, oldest: time, newest: time, newestId: 'a'.repeat(64) }
}

describe('what follows a run', () => {
  test('is copies first and forgetting after them', () => {
    const backup = ended({ operation: 'backup', result: { snapshots: { local: 'aa' } } })
    const [copy, ...others] = planFollowUps(backup, config, now)
    expect(others).toEqual([])
    expect(copy).toMatchObject({
      operation: 'copy',
      source: 'shop',
      repository: 'offsite',
      arguments: { from: 'local' },
      cause: { type: 'after', runId: 'run-1' },
      uniqueKey: 'copy/shop/offsite/run-1',
      limitKeys: ['host/test-host', 'repository/local', 'repository/offsite'],
    })
    const done = ended({ ...copy, operation: 'copy', id: 'run-2' })
    expect(follow(done)).toEqual(['forget/shop/offsite/run-1', 'forget/shop/local/run-1'])
  })

  test('is forgetting in the first repository too when a copy failed, but not where it failed', () => {
    const cause = { type: 'after', runId: 'run-1' } as const
    const copy = ended({ operation: 'copy', repository: 'offsite', arguments: { from: 'local' }, cause }, 'failed')
    expect(follow(copy)).toEqual(['forget/shop/local/run-1'])
  })

  test('is forgetting at once where there is nothing to copy', () => {
    const fannedOut = ended({ operation: 'backup', result: { snapshots: { local: 'aa', offsite: 'bb' } } })
    expect(follow(fannedOut)).toEqual(['forget/shop/local/run-1', 'forget/shop/offsite/run-1'])
    const solo = ended({ operation: 'backup', source: 'solo', result: { snapshots: { local: 'aa' } } })
    expect(follow(solo)).toEqual(['forget/solo/local/run-1'])
  })

  test('is nothing after a failure, for a source that is gone, and after the rest', () => {
    expect(follow(ended({ operation: 'backup', result: { snapshots: { local: 'aa' } } }, 'failed'))).toEqual([])
    expect(follow(ended({ operation: 'backup', source: 'gone', result: { snapshots: { local: 'aa' } } }))).toEqual([])
    expect(follow(ended({ operation: 'forget', repository: 'local' }))).toEqual([])
  })
})

describe('missing copies', () => {
  test('are asked for once an hour, from the repository that has what is newest', () => {
    const held = [overview('local', '2026-06-01T02:00:00Z'), overview('offsite', '2026-05-31T02:00:00Z')]
    const [draft, ...others] = planMissingCopies(config, held, [], now.getTime())
    expect(others).toEqual([])
    expect(draft).toMatchObject({
      repository: 'offsite',
      arguments: { from: 'local' },
      uniqueKey: 'copy/shop/offsite/again/2026-06-01T02:00:00.000Z',
    })
    const turned = [overview('local', '2026-05-31T02:00:00Z'), overview('offsite', '2026-06-01T02:00:00Z')]
    expect(planMissingCopies(config, turned, [], now.getTime())).toMatchObject([
      { repository: 'local', arguments: { from: 'offsite' } },
    ])
    const fresh = [overview('local', '2026-06-01T02:00:00Z')]
    expect(planMissingCopies(config, fresh, [], now.getTime())).toMatchObject([{ repository: 'offsite' }])
  })

  test('are none while a backup or copy of the source is under way, and when all is there', () => {
    const held = [overview('local', '2026-06-01T02:00:00Z')]
    const running = { ...ended({ operation: 'backup' }), state: 'running' } as const
    expect(planMissingCopies(config, held, [running], now.getTime())).toEqual([])
    const same = [...held, overview('offsite', '2026-06-01T01:59:58Z')]
    expect(planMissingCopies(config, same, [], now.getTime())).toEqual([])
    expect(planMissingCopies(config, [], [], now.getTime())).toEqual([])
  })

  test('are the snapshots newer than what is there, oldest first', () => {
    const record = (day: number, lineage = `run-${day}`): SnapshotRecord => ({
      repository: 'local',
      snapshotId: `${day}`,
      source: 'shop',
      time: new Date(Date.UTC(2026, 5, day)),
      lineage,
    })
    const from = [record(4), record(2), record(3), record(1)]
    expect(chooseCopies(from, []).map(({ snapshotId }) => snapshotId)).toEqual(['1', '2', '3', '4'])
    expect(chooseCopies(from, [record(2)]).map(({ snapshotId }) => snapshotId)).toEqual(['3', '4'])
    expect(chooseCopies(from, [{ ...record(2), lineage: 'run-3' }]).map(({ snapshotId }) => snapshotId)).toEqual(['4'])
  })
})
