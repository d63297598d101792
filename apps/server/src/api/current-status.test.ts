import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue, type OpenedCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createStatusReader } from './current-status.ts'

let nowMs = Date.parse('2026-11-21T12:00:00Z')
const ctx = quietContext({ now: () => new Date(nowMs) })
let catalogue: OpenedCatalogue
let reads = 0
const directory = mkdtempSync(join(tmpdir(), 'holdfast-status-'))

beforeAll(async () => {
  const opened = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
  const samples: OpenedCatalogue['samples'] = {
    ...opened.samples,
    list: (filter) => {
      reads += 1
      return opened.samples.list(filter)
    },
  }
  catalogue = { ...opened, samples }
})
afterAll(async () => {
  await catalogue[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

test('many who ask within a second cost one look, and nobody is told what is older than that', async () => {
  let config = effectiveConfigOf({})
  const reader = createStatusReader(catalogue, () => config)
  reads = 0
  const [first, same] = await Promise.all([reader.read(ctx), reader.read(ctx)])
  expect(same).toBe(first)
  expect(reads).toBe(1)
  nowMs += 700
  expect(await reader.read(ctx)).toBe(first)
  expect(reads).toBe(1)
  // older: the last one is told still, and the next is being read
  nowMs += 200
  expect(await reader.read(ctx)).toBe(first)
  await expect.poll(() => reads).toBe(2)
  await expect.poll(() => reader.read(ctx)).not.toBe(first)
  expect(reads).toBe(2)
  nowMs += 1_000
  const later = await reader.read(ctx)
  expect(later.report.at.getTime()).toBe(nowMs)
  // what was changed here is seen at once, as is another configuration
  reader.forget()
  expect(await reader.read(ctx)).not.toBe(later)
  config = effectiveConfigOf({})
  const before = reads
  await reader.read(ctx)
  expect(reads).toBe(before + 1)
})
