import type { BinlogSlice } from '@holdfast/connectors/mysql/binlog/binlog-sink'
import type { SliceFacts } from '@holdfast/connectors/mysql/binlog/slice-facts'
import { chainFrom } from '@holdfast/connectors/mysql/recovery/binlog-chain'
import { quietContext } from '@holdfast/core/context'
import { readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import { withFaultInjection } from '@holdfast/storage/decorate/with-fault-injection'
import { expect, it } from 'vitest'
import { openRecoveryPlace } from '../postgresql/recovery-fixture.ts'
import { binlogPlace, sliceFactsOf } from './binlog-log.ts'
import { createRepositoryBinlogSink } from './repository-binlog-sink.ts'

const ctx = quietContext()
const options = {
  source: 'shop',
  settings: {
    identity: { hostname: 'db1', username: 'backup', uid: 0, gid: 0 },
    programVersion: 'holdfast test',
    compression: 'auto',
    packBytes: 16 << 20,
    workers: 1,
  },
  lock: { identity: { hostname: 'test', username: 'backup', pid: process.pid } },
} as const

function slice(index: number, startPosition: number, endPosition: number, more: Partial<SliceFacts> = {}): BinlogSlice {
  const facts: SliceFacts = {
    formatVersion: 1,
    file: `binlog.${String(index).padStart(6, '0')}`,
    generation: 1,
    startPosition,
    endPosition,
    endsFile: false,
    fileCreatedAt: 1_700_000_000,
    serverId: 1,
    commits: 1,
    commitPosition: endPosition,
    ...more,
  }
  return { facts, bytes: Buffer.alloc(endPosition - startPosition, index) }
}

async function slicesOf(repository: Repository): Promise<SliceFacts[]> {
  const log = await readLog(repository, binlogPlace('shop'), ctx)
  const files = await log.allFiles(ctx)
  for (const file of files) {
    const facts = sliceFactsOf(file)
    expect((await log.read(file, ctx))?.length).toBe((facts?.endPosition ?? 0) - (facts?.startPosition ?? 0))
  }
  return files.map(sliceFactsOf).filter((facts) => facts !== undefined)
}

it('goes on after a crash where all repositories have the log, and from the file’s beginning for a new one', async () => {
  await using first = await openRecoveryPlace()
  await using second = await openRecoveryPlace()
  {
    // never batched, never closed: as if it were killed
    const sink = createRepositoryBinlogSink([first.repository], options)
    expect(await sink.resumeAt(ctx)).toBeUndefined()
    await sink.slice(slice(1, 0, 500, { endsFile: true }), ctx)
    await sink.tip(slice(2, 0, 100), ctx)
    await sink.tip(slice(2, 0, 300, { recoverableUntil: '2026-11-20T10:00:30.000000Z' }), ctx)
  }
  await using sink = createRepositoryBinlogSink([first.repository], options)
  const resumed = await sink.resumeAt(ctx)
  expect(resumed).toMatchObject({ file: 'binlog.000002', startPosition: 0, endPosition: 300 })
  await sink.tip(slice(2, 300, 300, { commits: 0, recoverableUntil: '2026-11-20T10:00:40.000000Z' }), ctx)
  await sink.slice(slice(2, 300, 300, { commits: 0, endsFile: true }), ctx)
  await sink.tip(slice(3, 0, 50, { recoverableUntil: '2026-11-20T10:00:50.000000Z' }), ctx)
  await sink.batch(ctx)
  const base = { id: 'one', startedAt: '', consistentAt: '2026-11-20T10:00:00.000000Z', serverId: 1 }
  const position = { file: 'binlog.000001', position: 200 }
  const chain = chainFrom({ ...base, position }, await slicesOf(first.repository))
  expect(chain).toMatchObject({ until: '2026-11-20T10:00:50.000000Z', end: { file: 'binlog.000003', position: 50 } })

  await using both = createRepositoryBinlogSink([first.repository, second.repository], { ...options, rejoinEveryMs: 1 })
  expect(await both.resumeAt(ctx)).toMatchObject({ file: 'binlog.000003', endPosition: 50, endsFile: false })
  expect(both.behind()).toEqual([second.repository])
  await expect
    .poll(async () => {
      await both.tip(slice(3, 50, 90, { recoverableUntil: '2026-11-20T10:00:59.000000Z' }), ctx)
      return both.behind().length
    })
    .toBe(0)
  for (const { repository } of [first, second]) {
    expect(chainFrom({ ...base, position }, await slicesOf(repository)).until).toBe('2026-11-20T10:00:59.000000Z')
  }
})

it('goes on without a repository that fails for long, and brings it what it lacks', async () => {
  await using first = await openRecoveryPlace()
  await using second = await openRecoveryPlace()
  let broken = false
  const backend = withFaultInjection(second.repository.backend, () => (broken ? 'permanent' : undefined))
  const fragile: Repository = { ...second.repository, backend }
  const impatient = { ...options, leaveBehindAfterMs: 30, rejoinEveryMs: 10, retryDelaysMs: [5, 20] } as const
  await using sink = createRepositoryBinlogSink([first.repository, fragile], impatient)
  await sink.slice(slice(1, 0, 500), ctx)
  await sink.flush(ctx)
  broken = true
  await sink.tip(slice(1, 500, 600), ctx)
  await sink.slice(slice(1, 500, 700, { endsFile: true }), ctx)
  await sink.flush(ctx)
  expect(sink.behind()).toEqual([fragile])
  broken = false
  await expect
    .poll(async () => {
      await sink.tip(slice(2, 0, 90, { recoverableUntil: '2026-11-20T10:00:59.000000Z' }), ctx)
      return sink.behind().length
    })
    .toBe(0)
  const stored = (await slicesOf(second.repository)).map(({ file, endPosition }) => [file, endPosition])
  expect(stored).toEqual([
    ['binlog.000001', 500],
    ['binlog.000001', 700],
    ['binlog.000002', 90],
  ])
})
