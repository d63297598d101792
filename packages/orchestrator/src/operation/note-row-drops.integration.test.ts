import { Readable } from 'node:stream'
import { quietContext } from '@holdfast/core/context'
import { save } from '@holdfast/repository/save/save'
import { expect, test } from 'vitest'
import { parseRowDrops } from '../finding/row-drops.ts'
import { wholeSource } from '../save-settings.ts'
import { noteRowDrops, tableRowsOf } from './note-row-drops.ts'
import { saveSettingsFor } from './save-settings-for.ts'
import { createOperationFixture } from './testing/operation-fixture.ts'

const ctx = quietContext()

const manifest = (rows: Readonly<Record<string, number>>) => {
  const tables = Object.entries(rows).map(([name, count]) => ({ schema: 'public', name, rows: String(count) }))
  return { fingerprint: { databases: [{ name: 'shop', tables }] } }
}

test('rows are compared with the manifest of the backup before, wherever that was made, and a first one tells nothing', async () => {
  await using fixture = await createOperationFixture(() => ({ sources: {} }))
  const repository = await fixture.open('first')
  const { marks } = fixture.catalogue
  let nowMs = Date.parse('2026-11-21T10:00:00Z')
  const settings = saveSettingsFor(fixture.machine, 'db1')
  const backUp = async (rows: Readonly<Record<string, number>>, type: 'postgresql' | 'mysql' = 'postgresql') => {
    const text = JSON.stringify(manifest(rows))
    const { repositories } = await save(
      [repository],
      {
        ...wholeSource,
        ...settings,
        tags: ['holdfast', 'source=shop', `type=${type}`, 'method=logical'],
        source: {
          type: 'stream',
          path: `/${type}/shop/manifest.json`,
          bytes: Readable.from([Buffer.from(text)]),
          finish: async () => {},
        },
        time: new Date((nowMs += 60_000)),
        parent: { type: 'none' },
      },
      ctx,
    )
    const snapshotId = repositories[0]?.snapshotId ?? ''
    await noteRowDrops(
      { source: 'shop', type, tables: tableRowsOf(manifest(rows)), repository, snapshotId },
      marks,
      ctx,
    )
    return parseRowDrops(await marks.get('row-drops/shop'))?.drops
  }
  expect(await backUp({ orders: 1000, users: 50_000 })).toBeUndefined()
  expect(await backUp({ orders: 100, users: 50_100 })).toEqual([
    { table: 'shop.public.orders', before: 1000, now: 100 },
  ])
  // of another kind of server: not to be compared
  expect(await backUp({ orders: 1 }, 'mysql')).toBeUndefined()
  expect(await backUp({ orders: 90, users: 50_200 })).toBeUndefined()
})
