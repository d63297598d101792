import { expect, test } from 'vitest'
import { readAnomaly } from './read-anomaly.ts'
import { openPlanningFixture, planningConfig, sourceFor } from './testing/planning-fixture.ts'

test('an anomaly is seen by retention itself, of the source it is about, before anybody has noted it', async () => {
  await using planning = await openPlanningFixture('2026-06-20T12:00:00Z')
  const { catalogue, ctx } = planning
  const config = planningConfig({ shop: sourceFor('0 2 * * *'), wiki: sourceFor('0 2 * * *') })
  const add = (name: string, day: number, value: number) =>
    catalogue.samples.add([
      {
        figure: 'backup-files-changed-part',
        subject: `source/${name}`,
        at: new Date(`2026-06-${String(day).padStart(2, '0')}T02:00:00Z`),
        value,
      },
    ])
  const isOdd = async (name: string) => {
    const source = config.sources.get(name)
    return source === undefined ? undefined : await readAnomaly(source, catalogue, ctx.now())
  }
  for (let day = 1; day <= 10; day++) await Promise.all(['shop', 'wiki'].map((name) => add(name, day, 0.02)))
  expect(await isOdd('shop')).toBe(false)
  await add('shop', 11, 0.97)
  expect(await isOdd('shop')).toBe(true)
  expect(await isOdd('wiki')).toBe(false)
  await add('shop', 12, 0.01)
  expect(await isOdd('shop')).toBe(false)
})
