import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCatalogue } from '../catalogue/open-catalogue.ts'
import { importRuns } from '../run/import-runs.ts'
import type { Run } from '../run/run.ts'
import { catalogueTag } from './catalogue-copy.ts'
import { copyCatalogue } from './copy-catalogue.ts'
import { rebuildCatalogue } from './rebuild-catalogue.ts'
import { createOperationFixture, type OperationFixture } from './testing/operation-fixture.ts'

const ctx = quietContext()
let fixture: OperationFixture

const ended: Run = {
  id: '0198f3c2-0000-7000-8000-000000000001',
  operation: 'backup',
  source: 'web',
  arguments: { why: 'test' },
  cause: { type: 'schedule', fire: new Date('2026-11-20T02:00:00Z'), isMadeUp: false },
  uniqueKey: 'backup/web/2026-11-20T02:00:00.000Z',
  exclusiveKeys: ['source/web'],
  limitKeys: [],
  dueAt: new Date('2026-11-20T02:00:00Z'),
  priority: 50,
  timeoutMs: 60_000,
  attempts: 4,
  state: 'partial',
  attempt: 2,
  queuedAt: new Date('2026-11-20T02:00:01Z'),
  startedAt: new Date('2026-11-20T02:00:02Z'),
  endedAt: new Date('2026-11-20T02:00:09Z'),
  leasedBy: 'web-1:1:a',
  isCancelRequested: false,
  result: { bytesRead: 7, problems: ['one'] },
}

beforeAll(async () => {
  fixture = await createOperationFixture((directory) => ({
    sources: { web: { type: 'files', paths: [join(directory, 'data')], tier: 'important', copyMethod: 'fan-out' } },
  }))
  mkdirSync(join(fixture.directory, 'data'))
  writeFileSync(join(fixture.directory, 'data', 'file'), 'content')
  await fixture.perform('backup', { source: 'web' })
  await fixture.perform('verify', { source: 'web', repository: 'first', arguments: { target: 'newest' } })
  await importRuns(fixture.catalogue.store, [ended])
})
afterAll(async () => await fixture[Symbol.asyncDispose]())

test('what a catalogue knew comes back from the repositories, once', async () => {
  const settings = { sources: { web: { type: 'files' } } }
  const copied = await fixture.surround((surroundings) => copyCatalogue(settings, surroundings, ctx))
  expect(Object.keys(copied.result.snapshots ?? {})).toEqual(['first', 'second'])

  await using empty = await openCatalogue({ type: 'sqlite', path: join(fixture.directory, 'new.db') }, ctx)
  const rebuild = () => fixture.surround((surroundings) => rebuildCatalogue({ ...surroundings, catalogue: empty }, ctx))
  expect(await rebuild()).toEqual({ repositories: 2, snapshots: 2, proofs: 1, runs: 1, problems: [] })
  expect(await empty.runs.get(ended.id)).toEqual(ended)
  expect((await empty.runs.newest()).succeeded).toMatchObject([{ id: ended.id, state: 'partial' }])
  expect(await empty.snapshots.overview()).toEqual(await fixture.catalogue.snapshots.overview())
  const [before] = await fixture.catalogue.proofs.list({})
  const { runId: _gone, ...proof } = before ?? {}
  expect(await empty.proofs.list({})).toMatchObject([proof])
  expect(await rebuild()).toMatchObject({ proofs: 0, runs: 0 })
})

test('the copy is files that restic can read, of which seven of a host stay', async () => {
  for (const act of ['user.add', 'token.add']) {
    await fixture.catalogue.audit.append({ callerKind: 'command', caller: 'op', act, subject: 'x', outcome: 'done' })
  }
  const first = await fixture.open('first')
  for (let count = 0; count < 8; count++) {
    await fixture.surround(({ config, ...rest }) => {
      const repositories = new Map([...config.repositories].slice(0, 1))
      return copyCatalogue({ serial: count }, { ...rest, config: { ...config, repositories } }, ctx)
    })
  }
  const copies = await listSnapshots(first, { tags: [[catalogueTag]] }, ctx)
  expect(copies).toHaveLength(7)
  const env = { ...process.env, RESTIC_PASSWORD: 'correct horse', RESTIC_CACHE_DIR: join(fixture.directory, 'cache') }
  const read = (file: string): string => {
    const id = copies.at(-1)?.id ?? ''
    const words = ['-r', fixture.repositoryPath('first'), 'dump', id, `/holdfast/catalogue/${file}`]
    return execFileSync('restic', words, { env }).toString()
  }
  expect(JSON.parse(read('config.json'))).toEqual({ serial: 7 })
  const log = read('audit.jsonl').trimEnd().split('\n')
  expect(log.map((line): unknown => JSON.parse(line))).toMatchObject([
    { sequence: 1, act: 'user.add' },
    { act: 'token.add', ...(await fixture.catalogue.audit.head()) },
  ])
})

test('a repository that cannot be read is a problem, and the others are read', async () => {
  await using empty = await openCatalogue({ type: 'sqlite', path: join(fixture.directory, 'newer.db') }, ctx)
  renameSync(fixture.repositoryPath('second'), join(fixture.directory, 'away'))
  try {
    const report = await fixture.surround((surroundings) =>
      rebuildCatalogue({ ...surroundings, catalogue: empty }, ctx),
    )
    expect(report).toMatchObject({ repositories: 1, snapshots: 1, runs: 1 })
    expect(report.problems[0]).toMatch(/^second: /)
  } finally {
    renameSync(join(fixture.directory, 'away'), fixture.repositoryPath('second'))
  }
})
