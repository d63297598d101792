import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import type { Event, FindingNoted } from '@holdfast/core/events/event'
import { expect } from 'vitest'
import { type PostgresServer } from '../../testing/postgres-server.ts'
import { connectPostgres } from '../../connection/connect.ts'
import type { PostgresTarget } from '../../connection/target.ts'
import { type FollowOptions, followWal } from '../follower.ts'
import type { LogSegment } from '../log-sink.ts'
import { formatLsn, parseLsn } from '../lsn.ts'
import { type MemoryLogSink, memoryLogSink } from './memory-log-sink.ts'

export const run = promisify(execFile)

export interface Followed extends AsyncDisposable {
  readonly sink: MemoryLogSink
  readonly events: Event[]
  findings(): string[]
  finding(code: string): FindingNoted | undefined
  stop(): ReturnType<typeof followWal>
  readonly ended: ReturnType<typeof followWal>
}

export function follow(
  target: PostgresTarget,
  options: Partial<FollowOptions> & { sink?: MemoryLogSink } = {},
): Followed {
  const sink = options.sink ?? memoryLogSink()
  const stop = new AbortController()
  const events: Event[] = []
  const ctx = { ...quietContext(), signal: stop.signal, emit: (event: Event) => events.push(event) }
  const delays = { firstDelayMs: 50, longestDelayMs: 500, random: Math.random }
  const ended = followWal(
    target,
    { slot: 'holdfast', flushEveryMs: 500, watchEveryMs: 0, delays, ...options, sink },
    ctx,
  )
  ended.catch(() => {})
  const isFinding = (event: Event): event is FindingNoted => event.type === 'finding.noted'
  return {
    sink,
    events,
    findings: () => events.filter(isFinding).map((event) => event.code),
    finding: (code) => events.filter(isFinding).find((event) => event.code === code),
    ended,
    stop() {
      stop.abort()
      return ended
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended.catch(() => {})
    },
  }
}

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 120_000,
): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`)
    await pause(20)
  }
}

export async function position(server: PostgresServer): Promise<bigint> {
  const [row] = await server.sql('SELECT pg_current_wal_flush_lsn()')
  return parseLsn(row?.[0] ?? '') ?? 0n
}

export async function untilDurable(server: PostgresServer, followed: Followed): Promise<void> {
  const lsn = await position(server)
  // a follower that has failed says why, instead of keeping everybody waiting
  const failed = followed.ended.then(() => new Promise<never>(() => {}))
  const durable = until(`WAL up to ${formatLsn(lsn)} is durable`, () => (followed.sink.durable()?.lsn ?? 0n) >= lsn)
  await Promise.race([durable, failed])
}

/** All there is, the growing one last; there is none where the WAL ends with a segment. */
export function filesOf(sink: MemoryLogSink): LogSegment[] {
  const tip = sink.latestTip()
  return [...sink.files.values(), ...(tip === undefined ? [] : [tip])]
}

/** Compares every file of the sink with the server's own, as far as the sink's goes. */
export function expectSameAsServer(server: PostgresServer, sink: MemoryLogSink): number {
  const files = filesOf(sink)
  for (const { name, bytes } of files) {
    const own = readFileSync(join(server.dataDirectory, 'pg_wal', name.replace('.partial', '')))
    expect(Buffer.compare(own.subarray(0, bytes.length), bytes), name).toBe(0)
  }
  return files.length
}

/** Names without holes, so that a recovery can run through. */
export function expectContiguous(sink: MemoryLogSink, segmentBytes = 16 << 20): void {
  const numbers = filesOf(sink).map(({ facts }) => Number((parseLsn(facts.startLsn) ?? 0n) / BigInt(segmentBytes)))
  const distinct = [...new Set(numbers)].sort((a, b) => a - b)
  expect(distinct).toEqual(distinct.map((_number, index) => (distinct[0] ?? 0) + index))
}

/** Milliseconds by which the machine was late so far: our timers, and answers of the server. */
export async function watchLateness(server: PostgresServer): Promise<{ ms(): number } & AsyncDisposable> {
  const ctx = quietContext()
  const connection = await connectPostgres(server.target(), {}, ctx)
  let [lateMs, isOver] = [0, false]
  const watch = async (work: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      const startedMs = performance.now()
      await work()
      // what is usual
      lateMs += Math.max(0, performance.now() - startedMs - 40)
    }
  }
  const answers = watch(async () => {
    await connection.query('SELECT 1', ctx)
    await pause(10)
  })
  const timers = watch(() => pause(10))
  return {
    ms: () => lateMs,
    async [Symbol.asyncDispose]() {
      isOver = true
      await Promise.all([answers, timers])
      await connection[Symbol.asyncDispose]()
    },
  }
}

export const keepAll = {
  wal_keep_size: '4GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '1h',
  track_commit_timestamp: 'on',
}

export async function pgbench(server: PostgresServer, ...args: string[]): Promise<void> {
  const connection = ['-h', server.socketDirectory, '-p', String(server.port), '-U', 'postgres', 'postgres']
  await run(join(server.binDirectory, 'pgbench'), [...args, ...connection])
}
