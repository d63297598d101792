import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCatalogue } from '../catalogue/open-catalogue.ts'
import { createTestClock } from '../catalogue/testing/test-clock.ts'
import { importRuns } from './import-runs.ts'
import { openRunQueue } from './open-run-queue.ts'
import { draftRun } from './testing/run-draft-fixture.ts'

test('a run of the past that is found again does not pass for the newest', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-import-'))
  try {
    const clock = createTestClock('2026-11-21T12:00:00Z')
    await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, clock.ctx)
    await using queue = await openRunQueue(catalogue, clock.ctx)
    await queue.enqueue(draftRun({ source: 'shop' }))
    const run = await queue.lease('worker', { leaseMs: 60_000, limits: new Map() })
    if (run === undefined) throw new Error('there was nothing to lease')
    await queue.finish(run.id, 'worker', { state: 'succeeded' })
    const { succeeded } = await catalogue.runs.newest()
    expect(succeeded).toMatchObject([{ id: run.id }])

    const past = new Date('2026-11-20T12:00:00Z')
    const old = { ...run, id: 'old', uniqueKey: 'old', state: 'succeeded', queuedAt: past, endedAt: past } as const
    expect(await importRuns(catalogue.store, [old])).toBe(1)
    expect(await catalogue.runs.newest()).toEqual({ ended: succeeded, succeeded })
    expect(await catalogue.runs.get('old')).toMatchObject({ endedAt: past })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
