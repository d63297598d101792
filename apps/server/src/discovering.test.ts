import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { discover } from '@holdfast/orchestrator/discovery/discover'
import { discoveredMarks } from '@holdfast/orchestrator/discovery/note-discovery'
import { afterAll, expect, test } from 'vitest'
import { createDiscovering } from './discovering.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-discovering-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const minuteMs = 60_000
const dayMs = 86_400_000
const composeFile = join(directory, 'compose.yaml')
const services = (...names: string[]) =>
  writeFileSync(
    composeFile,
    JSON.stringify({ services: Object.fromEntries(names.map((name) => [name, { image: 'postgres:17' }])) }),
  )

test('what nobody protects is noted once a day and at each change of the configuration, and taken back when it is gone', async () => {
  const proc = join(directory, 'proc')
  mkdirSync(join(proc, 'net'), { recursive: true })
  const startedAt = new Date('2026-11-21T10:00:00Z')
  let nowMs = startedAt.getTime()
  const ctx = quietContext({ now: () => new Date(nowMs) })
  await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
  const { marks } = catalogue
  let config = effectiveConfigOf({})
  const places = { procDirectory: proc, socketDirectories: [], composeDirectories: [directory], engineSockets: [] }
  const look = createDiscovering({
    marks,
    host: 'nas',
    places,
    startedAt,
    config: () => config,
    search: async (request, own) => discoveredMarks(await discover(request, own), 'nas'),
  })
  const noted = async () => [...(await marks.list('discovered/nas/')).keys()]
  await marks.set('discovered/other/x', '{}')

  services('wiki', 'shop')
  await look(ctx)
  expect(await noted()).toEqual([])
  nowMs += 11 * minuteMs
  await look(ctx)
  const first = await noted()
  expect(first).toEqual(expect.arrayContaining(['discovered/nas/postgresql:wiki', 'discovered/nas/postgresql:shop']))
  // a database without a volume is dangerous besides
  expect(first.filter((key) => key.includes('no-volume'))).toHaveLength(2)
  expect(JSON.parse((await marks.get('discovered/nas/postgresql:wiki')) ?? '')).toEqual({
    title: 'postgresql wiki on nas is not protected',
    detail: expect.stringContaining(`service wiki (postgres:17) of ${composeFile}`),
  })

  services('wiki')
  await look(ctx)
  expect(await noted()).toEqual(first)
  nowMs += dayMs
  await look(ctx)
  expect(await noted()).toHaveLength(2)

  config = effectiveConfigOf({ server: { discovery: 'off' } })
  await look(ctx)
  expect(await noted()).toEqual([])
  expect(await marks.get('discovered/other/x')).toBe('{}')
})
