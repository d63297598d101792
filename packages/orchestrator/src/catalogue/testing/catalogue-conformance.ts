/** What every store of the catalogue does alike. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Finding } from '../../finding/finding.ts'
import { openRunQueue } from '../../run/open-run-queue.ts'
import { draftRun } from '../../run/testing/run-draft-fixture.ts'
import type { EndState, RunDraft } from '../../run/run.ts'
import type { ProofRecord, SnapshotRecord } from '../catalogue.ts'
import { type CataloguePlace, openCatalogue, type OpenedCatalogue } from '../open-catalogue.ts'
import { describeAccess } from './access-conformance.ts'
import { createTestClock } from './test-clock.ts'

const clock = createTestClock()
const at = (minutes: number): Date => new Date(Date.parse('2026-11-01T00:00:00Z') + minutes * 60_000)

/** `place` is one where tables may be already, which is quicker; `emptyPlace` has nothing. */
export function describeCatalogue(
  name: string,
  place: () => Promise<CataloguePlace>,
  emptyPlace: () => Promise<CataloguePlace>,
): void {
  const opened: OpenedCatalogue[] = []
  const open = async (where?: CataloguePlace): Promise<OpenedCatalogue> => {
    const catalogue = await openCatalogue(where ?? (await place()), clock.ctx)
    opened.push(catalogue)
    return catalogue
  }
  afterEach(async () => {
    for (const catalogue of opened.splice(0)) await catalogue[Symbol.asyncDispose]()
  })

  describe(name, () => {
    describeRuns(open)
    describeSnapshots(open)
    describeProofs(open)
    describeFindings(open)
    describeSamples(open)
    describeMarks(open)
    describeAccess(open, place)

    test('what was written is there when it is opened again, and by another who has it open', async () => {
      const where = await place()
      const first = await open(where)
      const second = await open(where)
      await first.marks.set('fired/backup/shop', 'then')
      expect(await second.marks.get('fired/backup/shop')).toBe('then')
      await first[Symbol.asyncDispose]()
      opened.shift()
      expect(await (await open(where)).marks.get('fired/backup/shop')).toBe('then')
    })

    test('many who open an empty place at once all get the same catalogue', async () => {
      const where = await emptyPlace()
      const all = await Promise.all(Array.from({ length: 6 }, () => open(where)))
      await all[0]?.marks.set('one', '1')
      expect(await Promise.all(all.map(({ marks }) => marks.get('one')))).toEqual(Array(6).fill('1'))
    })
  })
}

type Open = () => Promise<OpenedCatalogue>

function describeRuns(open: Open): void {
  const end = async (catalogue: OpenedCatalogue, draft: Partial<RunDraft>, state: EndState): Promise<string> => {
    await using queue = await openRunQueue(catalogue, clock.ctx, { via: 'table' })
    const run = await queue.enqueue(draftRun(draft))
    await queue.lease('worker', { leaseMs: 60_000, limits: new Map(), accepts: ({ id }) => id === run?.id })
    clock.advance(1000)
    await queue.finish(run?.id ?? '', 'worker', { state, result: { bytesRead: 7 } })
    return run?.id ?? ''
  }

  test('a run comes back as it was asked for', async () => {
    const catalogue = await open()
    await using queue = await openRunQueue(catalogue, clock.ctx, { via: 'table' })
    const draft = draftRun({
      operation: 'copy',
      repository: 'offsite',
      arguments: { snapshot: 'ab"c' },
      cause: { type: 'schedule', fire: at(5), isMadeUp: true },
      dueAt: at(6),
      priority: 5,
    })
    const run = await queue.enqueue(draft)
    expect(await catalogue.runs.get(run?.id ?? '')).toEqual(run)
    expect(run).toMatchObject({
      ...draft,
      state: 'queued',
      attempt: 0,
      isCancelRequested: false,
      queuedAt: clock.now(),
    })
    expect(await catalogue.runs.get('none')).toBeUndefined()
  })

  test('runs are listed newest first, by source, repository, operation, state, age and number', async () => {
    const catalogue = await open()
    const ids: string[] = []
    for (const source of ['a', 'b', 'a', 'a']) ids.push(await end(catalogue, { source }, 'succeeded'))
    const checked = await end(catalogue, { operation: 'check', source: 'z', repository: 'main' }, 'failed')
    const list = async (filter: Parameters<typeof catalogue.runs.list>[0]) =>
      (await catalogue.runs.list(filter)).map(({ id }) => id)
    expect(await list({})).toEqual([checked, ids[3], ids[2], ids[1], ids[0]])
    expect(await list({ source: 'a' })).toEqual([ids[3], ids[2], ids[0]])
    expect(await list({ source: 'a', limit: 1 })).toEqual([ids[3]])
    expect(await list({ repository: 'main' })).toEqual([checked])
    expect(await list({ operation: 'backup', states: ['failed'] })).toEqual([])
    expect(await list({ states: ['failed', 'lost'] })).toEqual([checked])
    const third = (await catalogue.runs.get(ids[2] ?? ''))?.queuedAt
    expect(await list({ since: third ?? at(0) })).toEqual([checked, ids[3], ids[2]])
    expect(await list({ sources: ['b', 'z'] })).toEqual([checked, ids[1]])
    expect(await list({ sources: [] })).toEqual([])
  })

  test('runs are listed page by page, each after the last of the one before', async () => {
    const catalogue = await open()
    const ids: string[] = []
    for (const source of ['a', 'b', 'a', 'a', 'b']) ids.push(await end(catalogue, { source }, 'succeeded'))
    const page = async (filter: Parameters<typeof catalogue.runs.list>[0]) =>
      (await catalogue.runs.list({ limit: 2, ...filter })).map(({ id }) => id)
    expect(await page({})).toEqual([ids[4], ids[3]])
    expect(await page({ before: ids[3] ?? '' })).toEqual([ids[2], ids[1]])
    expect(await page({ before: ids[1] ?? '' })).toEqual([ids[0]])
    expect(await page({ before: ids[3] ?? '', source: 'a' })).toEqual([ids[2], ids[0]])
    expect(await page({ before: 'none' })).toEqual([])
  })

  test('of each operation and subject the newest that ended is found, and the newest that succeeded', async () => {
    const catalogue = await open()
    await end(catalogue, { source: 'a' }, 'succeeded')
    const good = await end(catalogue, { source: 'a' }, 'succeeded')
    const bad = await end(catalogue, { source: 'a' }, 'failed')
    const other = await end(catalogue, { source: 'b' }, 'partial')
    const never = await end(catalogue, { source: 'c' }, 'lost')
    const copied = await end(catalogue, { operation: 'copy', source: 'a', repository: 'x' }, 'succeeded')
    const elsewhere = await end(catalogue, { operation: 'copy', source: 'a', repository: 'y' }, 'succeeded')
    await using queue = await openRunQueue(catalogue, clock.ctx, { via: 'table' })
    await queue.enqueue(draftRun({ source: 'a' }))
    const { ended, succeeded } = await catalogue.runs.newest()
    const ids = (runs: typeof ended) => runs.map(({ id }) => id).sort()
    expect(ids(ended)).toEqual([bad, other, never, copied, elsewhere].sort())
    expect(ids(succeeded)).toEqual([good, other, copied, elsewhere].sort())
  })

  test('old runs are forgotten, except the newest of each subject and those that have not ended', async () => {
    const catalogue = await open()
    const first = await end(catalogue, { source: 'a' }, 'succeeded')
    const last = await end(catalogue, { source: 'a' }, 'succeeded')
    const failed = await end(catalogue, { source: 'a' }, 'failed')
    await using queue = await openRunQueue(catalogue, clock.ctx, { via: 'table' })
    const waiting = await queue.enqueue(draftRun({ source: 'a' }))
    clock.advance(1)
    expect(await catalogue.runs.trim(clock.now())).toBe(1)
    expect((await catalogue.runs.list({})).map(({ id }) => id)).toEqual([waiting?.id, failed, last])
    expect(await catalogue.runs.get(first)).toBeUndefined()
  })
}

function describeSnapshots(open: Open): void {
  const record = (change: Partial<SnapshotRecord> = {}): SnapshotRecord => ({
    ...{ repository: 'main', snapshotId: 's1', source: 'shop', time: at(1), lineage: 'run-1' },
    ...change,
  })

  test('snapshots are added, replaced by what a repository holds, and removed', async () => {
    const { snapshots } = await open()
    const first = record({ bytes: 10, bytesAdded: 5 })
    const second = record({ snapshotId: 's2', time: at(2) })
    const elsewhere = record({ repository: 'offsite' })
    await snapshots.add([first, second, elsewhere])
    await snapshots.add([])
    expect(await snapshots.list({})).toEqual([second, first, elsewhere])
    const changed = { ...second, lineage: 'run-2', bytes: 3 }
    const third = record({ snapshotId: 's3', time: at(3), source: 'blog' })
    await snapshots.replace('main', [changed, third])
    expect(await snapshots.list({ repository: 'main' })).toEqual([third, changed])
    expect(await snapshots.list({ source: 'shop' })).toEqual([changed, elsewhere])
    await snapshots.remove('main', ['s2', 'unknown'])
    expect(await snapshots.list({})).toEqual([third, elsewhere])
  })

  test('the overview counts snapshots and names the newest and its size, for each source and repository', async () => {
    const { snapshots } = await open()
    expect(await snapshots.overview()).toEqual([])
    const times = [3, 1, 2]
    await snapshots.add(
      times.map((minute) => record({ snapshotId: `s${minute}`, time: at(minute), bytes: minute * 10 })),
    )
    await snapshots.add([record({ repository: 'offsite' }), record({ source: 'blog', snapshotId: 'b' })])
    const overview = await snapshots.overview()
    expect(overview).toHaveLength(3)
    expect(overview).toContainEqual({
      ...{ source: 'shop', repository: 'main', count: 3, newestId: 's3', newestBytes: 30 },
      ...{ oldest: at(1), newest: at(3) },
    })
    expect(overview).toContainEqual({
      ...{ source: 'shop', repository: 'offsite', count: 1, newestId: 's1' },
      ...{ oldest: at(1), newest: at(1) },
    })
  })

  test('the overview follows what is added, removed, replaced and given to another source', async () => {
    const { snapshots } = await open()
    const [a, b] = [record({ snapshotId: 'a', time: at(1) }), record({ snapshotId: 'b', time: at(2) })]
    await snapshots.add([a, b, record({ repository: 'offsite' })])
    const seen = async () =>
      (await snapshots.overview())
        .map(({ source, repository, count, newestId }) => `${source} ${repository} ${count} ${newestId}`)
        .sort()
    await snapshots.remove('main', ['b'])
    expect(await seen()).toEqual(['shop main 1 a', 'shop offsite 1 s1'])
    await snapshots.replace('main', [{ ...a, source: 'blog' }, b])
    expect(await seen()).toEqual(['blog main 1 a', 'shop main 1 b', 'shop offsite 1 s1'])
    await snapshots.replace('main', [])
    expect(await seen()).toEqual(['shop offsite 1 s1'])
  })

  test('five thousand snapshots are taken at once', async () => {
    const { snapshots } = await open()
    const many = Array.from({ length: 5000 }, (_, index) => record({ snapshotId: `s${index}`, time: at(index) }))
    await snapshots.replace('main', many)
    expect((await snapshots.overview())[0]).toMatchObject({ count: 5000, newestId: 's4999' })
    await snapshots.replace('main', [])
    expect(await snapshots.list({})).toEqual([])
  })
}

function describeProofs(open: Open): void {
  const proof = (id: string, change: Partial<ProofRecord> = {}): ProofRecord => ({
    ...{ id, source: 'shop', repository: 'main', snapshotId: 's1', verdict: 'passed', target: 'newest' },
    ...{ endedAt: at(1), recoveryMs: 1000, bytes: 5, checks: '[{"name":"rows"}]' },
    ...change,
  })

  test('proofs are listed newest first, and one that is added again is there once', async () => {
    const { proofs } = await open()
    const [a, b] = [proof('a', { runId: 'run-1' }), proof('b', { endedAt: at(2), source: 'blog' })]
    for (const each of [a, b, a]) await proofs.add(each)
    expect(await proofs.list({})).toEqual([b, a])
    expect(await proofs.list({ source: 'shop' })).toEqual([a])
    expect(await proofs.list({ since: at(2) })).toEqual([b])
    expect(await proofs.list({ limit: 1 })).toEqual([b])
    expect(await proofs.list({ before: b.id })).toEqual([a])
    expect(await proofs.list({ before: 'none' })).toEqual([])
    expect(await proofs.list({ sources: ['shop', 'other'] })).toEqual([a])
    expect(await proofs.list({ sources: [] })).toEqual([])
    expect(await proofs.get(a.id)).toEqual(a)
    expect(await proofs.get('none')).toBeUndefined()
  })

  test('the newest proof of each source is found, and the newest that passed beside it', async () => {
    const { proofs } = await open()
    const old = proof('old', { endedAt: at(1) })
    const passed = proof('passed', { endedAt: at(2) })
    const failed = proof('failed', { endedAt: at(3), verdict: 'failed' })
    const only = proof('only', { source: 'blog', verdict: 'failed' })
    for (const each of [failed, old, passed, only]) await proofs.add(each)
    // the checks of those that passed are read one by one
    expect(await proofs.newest()).toEqual([only, failed, { ...passed, checks: '[]' }])
  })

  test('the slowest passed proof of each source since an instant is found', async () => {
    const { proofs } = await open()
    const tooOld = proof('too-old', { endedAt: at(1), recoveryMs: 9000 })
    const slow = proof('slow', { endedAt: at(5), recoveryMs: 5000 })
    const fast = proof('fast', { endedAt: at(6), recoveryMs: 100 })
    const failed = proof('failed', { endedAt: at(6), recoveryMs: 8000, verdict: 'failed' })
    for (const each of [tooOld, slow, fast, failed]) await proofs.add(each)
    expect(await proofs.slowest(at(2))).toEqual([{ ...slow, checks: '[]' }])
    expect(await proofs.slowest(at(7))).toEqual([])
  })
}

function describeFindings(open: Open): void {
  const finding = (key: string, change: Partial<Finding> = {}): Finding => ({
    ...{ key, kind: 'overdue', severity: 'warning', subject: { source: 'shop' }, title: 'late', detail: 'very' },
    ...{ figures: { ageMs: 5 }, firstSeenAt: at(1), lastSeenAt: at(2) },
    ...change,
  })

  test('findings are put, put again, resolved, and listed by that', async () => {
    const { findings } = await open()
    const acknowledged = finding('b', { acknowledged: { by: 'op', at: at(2), note: 'known' } })
    await findings.put([finding('a'), acknowledged])
    expect(await findings.list({ isOpen: true })).toEqual([finding('a'), acknowledged])
    const resolved = finding('a', { lastSeenAt: at(3), resolvedAt: at(4) })
    await findings.put([resolved])
    const again = finding('a', { firstSeenAt: at(9), lastSeenAt: at(9) })
    await findings.put([again])
    expect(await findings.list({ isOpen: true })).toEqual([acknowledged, again])
    expect(await findings.list({ isOpen: false })).toEqual([resolved])
    expect(await findings.list({ since: at(4) })).toEqual([resolved, again])
    expect(await findings.list({})).toHaveLength(3)
  })
}

function describeSamples(open: Open): void {
  test('samples are listed oldest first, the newest of each subject is known, and old ones are forgotten', async () => {
    const { samples } = await open()
    const sample = (subject: string, minute: number, value: number) => ({
      ...{ figure: 'rpo-ms', subject, at: at(minute), value },
    })
    await samples.add([sample('source/a', 3, 3.5), sample('source/a', 1, 1), sample('source/b', 2, 2)])
    await samples.add([
      sample('source/a', 2, 2),
      sample('source/b', 2, 20),
      { ...sample('source/a', 9, 0), figure: 'score' },
    ])
    expect(await samples.list({ figure: 'rpo-ms', subject: 'source/a', since: at(2) })).toEqual([
      sample('source/a', 2, 2),
      sample('source/a', 3, 3.5),
    ])
    expect(await samples.list({ figure: 'rpo-ms', since: at(0) })).toHaveLength(4)
    expect(await samples.list({ figure: 'rpo-ms', since: at(0), newest: 2 })).toEqual([
      sample('source/b', 2, 20),
      sample('source/a', 3, 3.5),
    ])
    const newest = await samples.newest()
    expect(newest).toHaveLength(3)
    expect(newest).toEqual(expect.arrayContaining([sample('source/a', 3, 3.5), sample('source/b', 2, 20)]))
    expect(await samples.trim(at(3))).toBe(3)
    expect(await samples.list({ figure: 'rpo-ms', since: at(0) })).toEqual([sample('source/a', 3, 3.5)])
    expect(await samples.newest()).toHaveLength(3)
  })
}

function describeMarks(open: Open): void {
  test('marks are set, listed by what they start with, and removed', async () => {
    const { marks } = await open()
    for (const key of ['fired/b', 'fired/a', 'Fired/x', 'fired%', 'checked/main']) await marks.set(key, key)
    await marks.set('fired/a', 'again')
    expect([...(await marks.list('fired/'))]).toEqual([
      ['fired/a', 'again'],
      ['fired/b', 'fired/b'],
    ])
    expect((await marks.list('')).size).toBe(5)
    await marks.remove('fired/a')
    await marks.remove('fired/a')
    expect(await marks.get('fired/a')).toBeUndefined()
  })

  test('of many who change the same mark at once one wins', async () => {
    const { marks } = await open()
    const race = async (expected: string | undefined): Promise<number> => {
      const tries = Array.from({ length: 8 }, (_, index) =>
        marks.compareAndSet('fired/a', expected, `${expected}${index}`),
      )
      return (await Promise.all(tries)).filter((won) => won).length
    }
    expect(await race(undefined)).toBe(1)
    expect(await race(await marks.get('fired/a'))).toBe(1)
    expect(await race('something else')).toBe(0)
  })
}
