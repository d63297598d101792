/** What goes wrong under a catalogue: said plainly, nothing lost, recovered by itself where it can be. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import type { Event } from '@holdfast/core/events/event'
import { quietContext } from '@holdfast/core/context'
import { runToEnd } from '@holdfast/storage/server-process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRunQueue } from '../run/open-run-queue.ts'
import { draftRun } from '../run/testing/run-draft-fixture.ts'
import { openCatalogue } from './open-catalogue.ts'
import { openTestPlaces, type TestPlaces } from './testing/test-places.ts'

const ctx = quietContext()
let places: TestPlaces

beforeAll(async () => {
  places = await openTestPlaces({ withServer: true })
})
afterAll(() => places[Symbol.asyncDispose]())

test('a file that is no database, or the database of another program, is called damaged and left alone', async () => {
  const text = places.sqlite()
  writeFileSync(
    text.path,
    'this is a letter to my bank, and longer than the header of a database is, so that it counts\n'.repeat(9),
  )
  const other = places.sqlite()
  {
    using database = new DatabaseSync(other.path)
    database.exec('create table invoices (id integer)')
  }
  for (const place of [text, other]) {
    const before = readFileSync(place.path)
    await expect(openCatalogue(place, ctx)).rejects.toMatchObject({
      code: 'CATALOGUE_CORRUPT',
      hint: expect.stringContaining('holdfast catalogue rebuild'),
    })
    expect(readFileSync(place.path).equals(before)).toBe(true)
  }
})

test('a file may have any name, also one that SQLite would take for a place in memory', () => {
  const directory = join(places.directory, 'odd')
  mkdirSync(directory)
  const script = `
    const [, open, context] = process.argv
    const [{ openCatalogue }, { quietContext }] = await Promise.all([import(open), import(context)])
    for (const write of [true, false]) {
      await using catalogue = await openCatalogue({ type: 'sqlite', path: ':memory:' }, quietContext())
      if (write) await catalogue.marks.set('a', 'kept')
      else process.stdout.write(await catalogue.marks.get('a') ?? 'lost')
    }`
  const modules = [import.meta.resolve('./open-catalogue.ts'), import.meta.resolve('@holdfast/core/context')]
  const words = ['--input-type=module', '-e', script, ...modules]
  expect(execFileSync(process.execPath, words, { cwd: directory, encoding: 'utf8' })).toBe('kept')
})

test('a catalogue with a page of zeros is called damaged when that page is read', async () => {
  const place = places.sqlite()
  {
    await using catalogue = await openCatalogue(place, ctx)
    await catalogue.marks.set('a', 'b'.repeat(20_000))
  }
  const bytes = readFileSync(place.path)
  bytes.fill(0, 4096)
  writeFileSync(place.path, bytes)
  const read = async (): Promise<unknown> => {
    await using catalogue = await openCatalogue(place, ctx)
    return catalogue.marks.get('a')
  }
  await expect(read()).rejects.toMatchObject({ code: 'CATALOGUE_CORRUPT' })
})

test('a catalogue in a place that cannot be written is refused with the reason', async () => {
  const path = join(places.directory, 'a-file', 'catalogue.db')
  writeFileSync(dirname(path), '')
  await expect(openCatalogue({ type: 'sqlite', path }, ctx)).rejects.toMatchObject({ code: 'CATALOGUE_DENIED' })
})

test('the file and its directory can be read by their owner only', async () => {
  const path = join(places.directory, 'new', 'catalogue.db')
  await using catalogue = await openCatalogue({ type: 'sqlite', path }, ctx)
  await catalogue.marks.set('a', 'b')
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  for (const name of readdirSync(dirname(path))) {
    expect([name, statSync(join(dirname(path), name)).mode & 0o077]).toEqual([name, 0])
  }
})

test('a full disk is said plainly, what was acknowledged stays, and writing goes on when there is space', async () => {
  const disk = join(places.directory, 'disk')
  mkdirSync(disk)
  // mounting needs root
  await runToEnd('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], 'mount')
  const filler = join(disk, 'filler')
  const full = { code: 'CATALOGUE_FULL', retryable: true }
  const large = 'x'.repeat(20_000)
  const place = { type: 'sqlite', path: join(disk, 'catalogue.db') } as const
  try {
    {
      await using catalogue = await openCatalogue(place, ctx)
      await using queue = await openRunQueue(catalogue, ctx)
      const run = await queue.enqueue(draftRun())
      expect(() => writeFileSync(filler, Buffer.alloc(1 << 20))).toThrow('ENOSPC')
      await expect(catalogue.marks.set('large', large)).rejects.toMatchObject(full)
      expect(await catalogue.runs.get(run?.id ?? '')).toEqual(run)
      expect(await catalogue.marks.get('large')).toBeUndefined()
    }
    await using again = await openCatalogue(place, ctx)
    await expect(again.marks.set('large', large)).rejects.toMatchObject(full)
    const another = { type: 'sqlite', path: join(disk, 'another.db') } as const
    await expect(openCatalogue(another, ctx)).rejects.toMatchObject(full)
    rmSync(filler)
    await again.marks.set('large', large)
    expect(await again.marks.get('large')).toBe(large)
    expect(await again.runs.list({})).toHaveLength(1)
    await (await openCatalogue(another, ctx))[Symbol.asyncDispose]()
  } finally {
    await runToEnd('umount', ['--lazy', disk], 'mount')
  }
})

test('a writer waits for one that has the lock in another process', async () => {
  const place = places.sqlite()
  await using catalogue = await openCatalogue(place, ctx)
  using other = new DatabaseSync(place.path)
  other.exec('begin immediate')
  let isWritten = false
  const writing = catalogue.marks.set('a', 'b').then(() => {
    isWritten = true
  })
  await pause(150)
  expect(isWritten).toBe(false)
  expect(await catalogue.marks.get('a')).toBeUndefined()
  other.exec('commit')
  await writing
  expect(await catalogue.marks.get('a')).toBe('b')
})

test('the location never holds a password', async () => {
  const place = await places.postgres()
  await using catalogue = await openCatalogue(
    { ...place, connection: place.connection.replace('postgres@', 'postgres:geheim@') },
    ctx,
  )
  expect(catalogue.location).toMatch(/^postgresql:127\.0\.0\.1:\d+\/catalogue_\d+$/)
})

test('a PostgreSQL that refuses is told from one that is away', async () => {
  const { connection } = await places.postgres()
  const refused = { type: 'postgresql', connection: connection.replace(/catalogue_\d+/, 'nowhere') } as const
  await expect(openCatalogue(refused, ctx)).rejects.toMatchObject({ code: 'CATALOGUE_DENIED', retryable: false })
  const away = { type: 'postgresql', connection: 'postgresql://127.0.0.1:1/x', firstPatienceMs: 200 } as const
  await expect(openCatalogue(away, ctx)).rejects.toMatchObject({ code: 'CATALOGUE_UNREACHABLE', retryable: true })
  const unreadable = { type: 'postgresql', connection: 'host=secret password=x' } as const
  await expect(openCatalogue(unreadable, ctx)).rejects.toThrow('write it as postgresql://')
})

test.each(['table', 'pg-boss'] as const)(
  'a PostgreSQL that is gone for a while is waited for, with the queue via %s',
  async (via) => {
    const events: Event[] = []
    const place = { ...(await places.postgres()), clock: 'server' as const }
    const loud = quietContext({ emit: (event) => events.push(event) })
    await using catalogue = await openCatalogue(place, loud)
    await using queue = await openRunQueue(catalogue, loud, { via })
    const run = await queue.enqueue(draftRun())
    await catalogue.probe()
    await places.server?.kill()
    await expect(catalogue.probe()).rejects.toMatchObject({ code: 'CATALOGUE_UNREACHABLE' })
    const answers = Promise.all([
      queue.lease('w', { leaseMs: 60_000, limits: new Map() }),
      catalogue.marks.set('a', 'b'),
      queue.enqueue(draftRun({ source: 'blog' })),
    ])
    await expect.poll(() => events.some(({ type }) => type === 'request.retried')).toBe(true)
    await pause(300)
    await places.server?.start()
    const [leased] = await answers
    const second = leased ?? (await queue.lease('w', { leaseMs: 60_000, limits: new Map() }))
    expect(second?.id).toBe(run?.id)
    expect(await catalogue.marks.get('a')).toBe('b')
    expect(await catalogue.runs.list({})).toHaveLength(2)
  },
)

test('the clock of the server is what counts, and how far this machine is off is known', async () => {
  const place = { ...(await places.postgres()), clock: 'server' as const }
  const anHourAhead = quietContext({ now: () => new Date(Date.now() + 3_600_000) })
  await using right = await openCatalogue(place, ctx)
  await using wrong = await openCatalogue(place, anHourAhead)
  await using queue = await openRunQueue(right, ctx, { via: 'table' })
  await using other = await openRunQueue(wrong, anHourAhead, { via: 'table' })
  await queue.enqueue(draftRun())
  const run = await queue.lease('w', { leaseMs: 60_000, limits: new Map() })
  expect(await other.expire()).toEqual([])
  expect(await queue.heartbeat(run?.id ?? '', 'w', 60_000)).toMatchObject({ isLost: false })
  expect(Math.abs((await wrong.clockOffsetMs()) - 3_600_000)).toBeLessThan(5_000)
  expect(Math.abs(await right.clockOffsetMs())).toBeLessThan(5_000)
})
