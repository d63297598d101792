/** A small repository with something to do for every operation, and the operations themselves, locked as they are in real use. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { acquireLock } from '@holdfast/repository/lock/acquire-lock'
import { type LockTimers, systemTimers } from '@holdfast/repository/lock/lock-timers'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { SeededRandom } from '../scenario/random.ts'
import { backup, copy, forget, prune } from '../scenario/verbs.ts'

export const operationNames = ['backup', 'forget', 'prune', 'copy'] as const
export type OperationName = (typeof operationNames)[number]

/** What an operation works on. Only `copy` has a destination. */
export interface OperationSite {
  readonly repository: Repository
  readonly destination: Repository
  readonly source: string
}

/** Packs so small that each operation writes and removes several. */
export const smallPacks = { packBytes: 600_000, workers: 1 } as const
/** The time of the snapshot that the operation `backup` makes, and that its repetition makes again. */
const newestTime = new Date('2026-06-01T00:00:00Z')
const firstTime = new Date('2026-01-01T00:00:00Z')

/** Three snapshots in `repository`, each with content of its own, then something to forget, to prune and to back up. */
export async function prepareSite({ repository, destination, source }: OperationSite, ctx: Context): Promise<void> {
  const random = new SeededRandom(2)
  mkdirSync(join(source, 'below/deeper'), { recursive: true })
  for (let i = 0; i < 12; i++) writeFileSync(join(source, 'below', `file-${i}`), random.bytes(20_000 * i))
  writeFileSync(join(source, 'below/deeper/text'), 'text '.repeat(5000))
  await save(repository, source, new Date('2025-12-01T00:00:00Z'), ctx)
  await copy(repository, destination, ctx)
  appendFileSync(join(source, 'below/deeper/text'), 'more')
  for (let i = 0; i < 12; i += 3) writeFileSync(join(source, 'below', `file-${i}`), random.bytes(90_000))
  await save(repository, source, firstTime, ctx)
  rmSync(join(source, 'below/file-11'))
  writeFileSync(join(source, 'new'), random.bytes(700_000))
  await save(repository, source, new Date('2026-03-01T00:00:00Z'), ctx)
  // what was in the oldest snapshot alone is there for prune to remove
  await forget(repository, [await oldest(repository, ctx)], ctx)
  writeFileSync(join(source, 'newest'), random.bytes(1_300_000))
  writeFileSync(join(source, 'below/deeper/text'), 'rewritten')
}

/** Does one operation from opening the lock to giving it back. Doing it again after it was cut off completes it. */
export async function operate(name: OperationName, site: OperationSite, ctx: Context): Promise<void> {
  const exclusive = name === 'forget' || name === 'prune'
  await using lock = await acquireLock(site.repository, lockOptions(exclusive), ctx)
  const { repository } = lock
  switch (name) {
    case 'backup':
      return await save(repository, site.source, newestTime, ctx)
    case 'forget': {
      const ids = (await listSnapshots(repository, {}, ctx)).filter(({ snapshot }) => isForgotten(snapshot.time))
      await forget(
        repository,
        ids.map(({ id }) => id),
        ctx,
      )
      return
    }
    case 'prune':
      await prune(repository, ctx)
      return
    case 'copy': {
      await using other = await acquireLock(site.destination, lockOptions(false), ctx)
      await copy(repository, other.repository, ctx)
    }
  }
}

/** Whether the operation `forget` removes the snapshot of this time. */
export function isForgotten(time: string): boolean {
  return Date.parse(time) === firstTime.getTime()
}

async function save(repository: Repository, source: string, time: Date, ctx: Context): Promise<void> {
  await backup(repository, [source], { ...smallPacks, time }, ctx)
}

async function oldest(repository: Repository, ctx: Context): Promise<string> {
  return (await listSnapshots(repository, {}, ctx))[0]?.id ?? ''
}

/** Each operation counts as a process of its own, since the one before it has failed or was killed. */
let processes = 0

/** Two who come at once need not be told apart here, so nothing waits; locks that are left belong to the dead. */
function lockOptions(exclusive: boolean): Parameters<typeof acquireLock>[1] {
  const timers: LockTimers = {
    sleep: (durationMs, signal, options) =>
      durationMs === 200 ? Promise.resolve() : systemTimers.sleep(durationMs, signal, options),
  }
  const identity = { hostname: 'chaos', username: 'test', pid: 1_000_000_000 + ++processes }
  return { exclusive, identity, timers, isProcessAlive: () => false }
}
