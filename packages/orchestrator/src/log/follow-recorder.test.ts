import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { afterAll, expect, test } from 'vitest'
import { openCatalogue } from '../catalogue/open-catalogue.ts'
import type { Machine } from '../operation/machine.ts'
import { type FollowedSource, FollowRecorder } from './follow-recorder.ts'

const directory = mkdtempSync(join(tmpdir(), 'holdfast-recorder-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const gap: Event = { type: 'finding.noted', code: 'POSTGRES_WAL_GAP', message: 'WAL is missing', hint: 'Back up.' }

function followedSource(): FollowedSource {
  const { sources } = effectiveConfigOf({
    sources: { shop: { type: 'postgresql', connection: 'postgresql://127.0.0.1:1', tier: 'critical' } },
  })
  const source = sources.get('shop')
  if (source?.workload.type !== 'postgresql') throw new Error('it is a PostgreSQL')
  return { ...source, workload: source.workload }
}

/** Nothing answers at port 1 of this machine. */
const machine: Machine = {
  variable: () => undefined,
  resolveSecret: async (reference) => ('text' in reference ? reference.text : ''),
  random: () => 0,
  identity: { hostname: 'here', username: 'test', pid: 1, uid: 0, gid: 0 },
  homeDirectory: '/nowhere',
  temporaryDirectory: '/nowhere',
  cacheDirectory: undefined,
  version: '0',
  workers: 1,
}

test('a gap asks for one base backup, outlives the process, and is over when one was begun after it', async () => {
  let nowMs = Date.parse('2026-11-21T10:00:00Z')
  const ctx = quietContext({ now: () => new Date(nowMs) })
  await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'gap.db') }, ctx)
  const asked: Date[] = []
  const given = {
    catalogue,
    machine,
    worker: 'one',
    requestBackup: async (_: unknown, at: Date) => void asked.push(at),
  }
  const source = followedSource()
  const stateNow = async () => JSON.parse((await catalogue.marks.get('log/shop')) ?? '{}') as { gap?: { at: string } }

  const first = new FollowRecorder(source, given, ctx)
  await first.begin()
  first.take(gap)
  await first.flush()
  expect(asked).toEqual([new Date(nowMs)])
  expect((await stateNow()).gap?.at).toBe('2026-11-21T10:00:00.000Z')

  nowMs += 60_000
  const second = new FollowRecorder(source, given, ctx)
  await second.begin()
  await second.look(ctx)
  expect((await stateNow()).gap).toBeDefined()
  expect(asked).toHaveLength(1)

  const record = { repository: 'local', source: 'shop', lineage: 'run' }
  await catalogue.snapshots.add([{ ...record, snapshotId: 'a', time: new Date('2026-11-21T09:59:00Z') }])
  await second.look(ctx)
  expect((await stateNow()).gap).toBeDefined()
  await catalogue.snapshots.add([{ ...record, snapshotId: 'b', time: new Date('2026-11-21T10:00:30Z') }])
  await second.look(ctx)
  expect((await stateNow()).gap).toBeUndefined()
})

test('why nothing is followed is written down, and gone when it is followed again', async () => {
  const ctx = quietContext()
  await using catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'failure.db') }, ctx)
  const given = { catalogue, machine, worker: 'one', requestBackup: async () => {} }
  const recorder = new FollowRecorder(followedSource(), given, ctx)
  await recorder.fail(new Error('no luck'))
  expect(await catalogue.marks.get('log/shop')).toContain('no luck')
  const next = new FollowRecorder(followedSource(), given, ctx)
  await next.begin()
  next.take({ type: 'log.followed', timeline: 1, received: '0/1', segments: 0, bytesReceived: 0 })
  await next.flush()
  expect(await catalogue.marks.get('log/shop')).not.toContain('no luck')
})
