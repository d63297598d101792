import { describe, expect, it } from 'vitest'
import { historyOf } from '../history.ts'
import { dailySamples, findingOf, noon, viewOf } from '../testing/view-fixture.ts'
import { reconcile } from '../reconcile.ts'
import { detectAnomaly } from './anomaly.ts'
import { detectRetentionPaused } from './retention-paused.ts'

const mib = 1024 ** 2
const shop = 'source/shop'
const changed = (...parts: number[]) => dailySamples('backup-files-changed-part', shop, parts)
const rows = (...counts: number[]) => dailySamples('backup-rows', shop, counts)
/** read, added and stored of each day, in MiB */
const bytes = (...days: [number, number, number][]) => [
  ...dailySamples(
    'backup-bytes-read',
    shop,
    days.map(([read]) => read * mib),
  ),
  ...dailySamples(
    'backup-bytes-added',
    shop,
    days.map(([, added]) => added * mib),
  ),
  ...dailySamples(
    'backup-bytes-stored',
    shop,
    days.map(([, , stored]) => stored * mib),
  ),
]
const usualDays: [number, number, number][] = Array.from({ length: 6 }, () => [1000, 20, 8])
const quiet = [0.02, 0.01, 0.03, 0.02, 0.02]
const look = (samples: Parameters<typeof historyOf>[0], openFindings = [] as ReturnType<typeof findingOf>[]) =>
  detectAnomaly(viewOf({ openFindings }, { history: historyOf(samples) }))

describe('a backup unlike those before it', () => {
  it('shows nothing on usual days', () => {
    expect(look([...changed(...quiet, 0.05), ...bytes(...usualDays), ...rows(5000, 5100, 5200)])).toEqual({
      observations: [],
      unseen: [],
    })
  })

  it('changed most of the files at once', () => {
    const [seen] = look(changed(...quiet, 0.97)).observations
    expect(seen).toMatchObject({ kind: 'anomaly', about: 'churn', severity: 'warning' })
    expect(seen?.title).toBe('97 % of the files of shop changed since the backup before')
    expect(seen?.detail).toContain('Usually 2 % do (median of 5 backups).')
    expect(seen?.detail).toContain('The last clean backup is that of 2026-11-20 02:03 UTC.')
  })

  it('is usual where most files change every day', () => {
    expect(look(changed(0.9, 0.95, 0.92, 0.9, 0.91, 0.97)).observations).toEqual([])
  })

  it('has new data that cannot be compressed, and nearly all of it is new: two signs are critical', () => {
    const { observations } = look(bytes(...usualDays, [1000, 950, 949]))
    expect(observations.map(({ about, severity }) => [about, severity])).toEqual([
      ['entropy', 'critical'],
      ['deduplication', 'critical'],
    ])
    expect(observations[0]?.detail).toContain('It takes 100 % of its size, usually 40 % (median of 6 backups)')
    expect(observations[1]?.title).toBe('95 % of the data of shop is new')
  })

  it('is not judged by a little new data, nor by that of a source of pictures', () => {
    expect(look(bytes(...usualDays, [1000, 1, 1])).observations).toEqual([])
    const pictures: [number, number, number][] = Array.from({ length: 6 }, () => [1000, 20, 19.8])
    expect(look(bytes(...pictures, [1000, 30, 30])).observations).toEqual([])
  })

  it('has not many of the rows any more, compared with the backup before', () => {
    const [seen] = look(rows(12_000, 12_500, 4000)).observations
    expect(seen).toMatchObject({ about: 'rows', title: '68 % of the rows of shop are gone' })
    expect(seen?.detail).toContain('12 500 rows in the backup before, 4 000 now.')
    expect(look(rows(12_000, 12_500, 11_000)).observations).toEqual([])
    expect(look(rows(80, 10)).observations).toEqual([])
  })
})

describe('tables that lost rows', () => {
  const marks = (...drops: [string, number, number][]) =>
    new Map([
      [
        'row-drops/shop',
        JSON.stringify({
          at: '2026-11-21T02:03:00Z',
          beforeAt: '2026-11-20T02:03:00Z',
          drops: drops.map(([table, before, now]) => ({ table, before, now })),
        }),
      ],
    ])
  const lookAt = (noted: Map<string, string>, samples = rows(900_000, 899_000)) =>
    detectAnomaly(viewOf({ marks: noted }, { history: historyOf(samples) })).observations

  it('are named, although all of them together lost hardly any', () => {
    const [seen] = lookAt(marks(['shop.public.orders', 1200, 0], ['shop.public.carts', 1000, 400], ['x', 1000, 800]))
    expect(seen).toMatchObject({
      about: 'rows',
      severity: 'warning',
      figures: { rows: 0, rowsBefore: 1200, tables: 2 },
    })
    expect(seen?.title).toBe('100 % of the rows of shop.public.orders in shop are gone, and of 1 more table')
    expect(seen?.detail).toContain('shop.public.carts: 1 000 rows in the backup before, 400 now')
    expect(seen?.detail).toContain('The last clean backup is that of 2026-11-20 02:03 UTC.')
  })

  it('are one sign with all of the rows, and none when they lost less than is allowed', () => {
    expect(lookAt(marks(['orders', 12_000, 100]), rows(12_000, 100))).toHaveLength(1)
    expect(lookAt(marks(['orders', 12_000, 11_000]))).toEqual([])
    expect(lookAt(new Map([['row-drops/shop', '{"at":1}']]))).toEqual([])
  })
})

describe('an anomaly', () => {
  const [seen] = look(changed(...quiet, 0.97)).observations
  const open = findingOf({ ...seen!, key: 'anomaly:source/shop:churn' })

  it('is not over because the day after is quiet', () => {
    const sight = look(changed(...quiet, 0.97, 0.01), [open])
    expect(sight.observations).toEqual([])
    expect(reconcile([open], sight, noon).resolved).toEqual([])
  })

  it('is not over because somebody has it on the list', () => {
    const acknowledged = { ...open, acknowledged: { by: 'kim', at: noon, note: 'tomorrow' } }
    expect(reconcile([acknowledged], look(changed(...quiet, 0.97, 0.01), [acknowledged]), noon).resolved).toEqual([])
  })

  it('is over once somebody has expected it and the newest backup is as usual', () => {
    const acknowledged = { ...open, acknowledged: { by: 'kim', at: noon, note: 'migration', isExpected: true } }
    expect(reconcile([acknowledged], look(changed(...quiet, 0.97), [acknowledged]), noon).resolved).toEqual([])
    expect(reconcile([acknowledged], look(changed(...quiet, 0.97, 0.01), [acknowledged]), noon).resolved).toHaveLength(
      1,
    )
  })

  it('goes on naming the backup before the first that shows it', () => {
    const [again] = look(changed(...quiet, 0.97, 0.99), [open]).observations
    expect(again?.figures['lastCleanAtMs']).toBe(open.figures['lastCleanAtMs'])
  })

  it('adds to an earlier one that still waits: together they are critical', () => {
    expect(look(rows(12_000, 4000), [open]).observations).toMatchObject([{ about: 'rows', severity: 'critical' }])
  })

  it('pauses retention until it is over, and says how that is done', () => {
    const [paused] = detectRetentionPaused(viewOf({ openFindings: [open] })).observations
    expect(paused).toMatchObject({ kind: 'retention-paused', subject: { source: 'shop' } })
    expect(paused?.detail).toContain('holdfast findings acknowledge --expected anomaly:source/shop:churn')
    expect(detectRetentionPaused(viewOf()).observations).toEqual([])
  })
})
