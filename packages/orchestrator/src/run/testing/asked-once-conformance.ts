/** What comes of asking twice for a run, on whichever store and whoever delivers. */
import { expect, test } from 'vitest'
import type { OpenedCatalogue } from '../../catalogue/open-catalogue.ts'
import type { TestClock } from '../../catalogue/testing/test-clock.ts'
import { type AskedOnce, enqueueOnce, trimAsked } from '../enqueue-once.ts'
import type { Run, RunDraft } from '../run.ts'
import type { RunQueue } from '../run-queue.ts'
import { draftRun } from './run-draft-fixture.ts'

interface AskedSite {
  readonly catalogue: OpenedCatalogue
  readonly queue: RunQueue
  readonly clock: TestClock
}

const asked: AskedOnce = { by: 'user/ann', key: 'a', digest: 'backup of shop' }
const dayMs = 86_400_000

export function describeAskedOnce(open: () => Promise<AskedSite>): void {
  const ask = (
    { catalogue, queue, clock }: AskedSite,
    change: Partial<AskedOnce> = {},
    enqueue: RunQueue['enqueue'] = (draft) => queue.enqueue(draft),
  ): Promise<Run> =>
    enqueueOnce(catalogue, { enqueue }, { ...asked, ...change }, async () => draftRun({ source: 'shop' }), clock.ctx)

  test('who asks again with the same key gets the same run, however many ask at once', async () => {
    const site = await open()
    const runs = await Promise.all(Array.from({ length: 6 }, () => ask(site)))
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1)
    const again = await enqueueOnce(
      ...[site.catalogue, site.queue, asked],
      () => Promise.reject(new Error('there is a run already')),
      site.clock.ctx,
    )
    expect(again.id).toBe(runs[0]?.id)
    expect(await site.catalogue.runs.list({})).toHaveLength(1)
  })

  test('the same key for something else is refused, that of somebody else is another', async () => {
    const site = await open()
    const { id } = await ask(site)
    await expect(ask(site, { digest: 'prune' })).rejects.toMatchObject({ code: 'REQUEST_KEY_REUSED' })
    expect((await ask(site, { by: 'user/bob' })).id).not.toBe(id)
    expect((await ask(site, { key: 'b' })).id).not.toBe(id)
  })

  test('whoever was killed in between has started one run at most', async () => {
    const site = await open()
    await expect(ask(site, {}, () => Promise.reject(new Error('killed before')))).rejects.toThrow('killed before')
    expect(await site.catalogue.runs.list({})).toEqual([])
    const dying: RunQueue['enqueue'] = async (draft) => {
      await site.queue.enqueue(draft)
      throw new Error('killed after')
    }
    await expect(ask(site, {}, dying)).rejects.toThrow('killed after')
    const [queued] = await site.catalogue.runs.list({})
    // as a draft does whose name is taken by that run
    const refuse = (): Promise<RunDraft> => Promise.reject(new Error('there is a run already'))
    const { catalogue, queue, clock } = site
    expect((await enqueueOnce(catalogue, queue, asked, refuse, clock.ctx)).id).toBe(queued?.id)
    const [claim] = (await catalogue.marks.list('asked/')).values()
    expect(claim, 'and is found at once from then on').toContain(queued?.id)
    expect(await catalogue.runs.list({})).toHaveLength(1)
  })

  test('a key is remembered for a day, and not longer', async () => {
    const site = await open()
    const { marks } = site.catalogue
    const { id } = await ask(site)
    site.clock.advance(dayMs - 1)
    await trimAsked(marks, site.clock.now())
    expect((await ask(site)).id).toBe(id)
    site.clock.advance(1)
    expect((await ask(site, { digest: 'prune' })).id).not.toBe(id)
    site.clock.advance(dayMs)
    await trimAsked(marks, site.clock.now())
    expect((await marks.list('asked/')).size).toBe(0)
  })
}
