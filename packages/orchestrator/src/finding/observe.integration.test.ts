import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openCatalogue, type OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import { createCronClock } from '../planning/cron-clock.ts'
import { readFacts } from '../planning/facts.ts'
import { acknowledgeFinding } from './acknowledge-finding.ts'
import { createObserver } from './observe.ts'
import { dailySamples, noon, shopConfig } from './testing/view-fixture.ts'

let directory: string
let catalogue: OpenedCatalogue
let now: Date
const ctx = quietContext({ now: () => now })

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-observe-'))
  now = noon
  catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
})
afterEach(async () => {
  await catalogue[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true, force: true })
})

const backup = (time: string) =>
  catalogue.snapshots.add([
    { repository: 'local', snapshotId: time, source: 'shop', time: new Date(time), lineage: time },
  ])
const look = async (observer = createObserver(catalogue, createCronClock())) => {
  const { open, opened, resolved } = await observer.observe(await readFacts(catalogue, shopConfig(), now))
  const keys = (findings: readonly { key: string }[]) => findings.map(({ key }) => key)
  return { open: keys(open), opened: keys(opened), resolved: keys(resolved) }
}

describe('observing', () => {
  it('opens a finding, keeps it open, and resolves it when it is over', async () => {
    const key = 'unprotected:source/shop'
    expect(await look()).toEqual({ open: [key], opened: [key], resolved: [] })
    now = new Date(noon.getTime() + 60_000)
    expect(await look()).toEqual({ open: [key], opened: [], resolved: [] })
    await backup('2026-11-21T02:03:00.000Z')
    expect(await look()).toEqual({ open: [], opened: [], resolved: [key] })
    expect(await catalogue.findings.list({ isOpen: false, since: noon })).toMatchObject([
      { key, firstSeenAt: noon, resolvedAt: now },
    ])
  })

  it('reads the past again when a backup has added to it', async () => {
    await backup('2026-11-21T02:03:00.000Z')
    const observer = createObserver(catalogue, createCronClock())
    const days = dailySamples('backup-files-changed-part', 'source/shop', [0.01, 0.02, 0.01, 0.02, 0.01, 0.02, 0.98])
    await catalogue.samples.add(days.slice(0, -1))
    expect((await look(observer)).open).toEqual([])
    await catalogue.samples.add(days.slice(-1))
    expect((await look(observer)).opened).toEqual(['anomaly:source/shop:churn'])
    expect((await look(observer)).opened).toEqual(['retention-paused:source/shop'])
  })

  it('opens one finding when several servers see it at the same moment', async () => {
    await Promise.all([look(), look(), look(), look()])
    await look()
    expect(await catalogue.findings.list({ isOpen: true })).toHaveLength(1)
  })

  it('keeps an acknowledgement until the finding is over', async () => {
    await look()
    const key = 'unprotected:source/shop'
    const by = { by: 'kim', note: 'first backup tonight' }
    expect(await acknowledgeFinding(catalogue.findings, key, by, ctx)).toMatchObject({ key, acknowledged: by })
    now = new Date(noon.getTime() + 10 * 60_000)
    await look()
    expect(await catalogue.findings.list({ isOpen: true })).toMatchObject([{ key, acknowledged: by, lastSeenAt: now }])
  })

  it('acknowledges nothing that is not there, and says what is meant', async () => {
    await look()
    const acknowledging = acknowledgeFinding(
      catalogue.findings,
      'unprotected:source/shob',
      { by: 'kim', note: '' },
      ctx,
    )
    await expect(acknowledging).rejects.toMatchObject({
      code: 'FINDING_UNKNOWN',
      hint: expect.stringContaining('unprotected:source/shop'),
    })
  })
})
