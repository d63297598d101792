import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, expect, test } from 'vitest'
import { openCatalogue } from '../catalogue/open-catalogue.ts'
import { createMarkLease } from './mark-lease.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-lease-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

test('one process has a lease at a time, until it gives it back or gives no sign of life', async () => {
  let nowMs = Date.parse('2026-11-21T10:00:00Z')
  const ctx = quietContext({ now: () => new Date(nowMs) })
  await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
  const one = createMarkLease(catalogue.marks, 'follower/shop', 'one', 30_000)
  const two = createMarkLease(catalogue.marks, 'follower/shop', 'two', 30_000)
  expect(await one.hold(ctx)).toBe(true)
  expect(await two.hold(ctx)).toBe(false)
  nowMs += 20_000
  expect(await one.hold(ctx)).toBe(true)
  nowMs += 20_000
  expect(await two.hold(ctx)).toBe(false)
  nowMs += 20_000
  expect(await two.hold(ctx)).toBe(true)
  expect(await one.hold(ctx)).toBe(false)
  await one.release()
  expect(await one.hold(ctx)).toBe(false)
  await two.release()
  expect(await one.hold(ctx)).toBe(true)
})
