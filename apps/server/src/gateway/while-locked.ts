import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { listLocks } from '@holdfast/repository/lock/list-locks'
import { isProcessAlive, type LockIdentity } from '@holdfast/repository/lock/lock-identity'
import { explainStale } from '@holdfast/repository/lock/stale-lock'
import type { Repository } from '@holdfast/repository/repository'
import type { OwnFiles } from './own-files.ts'

export interface LockedWork {
  readonly agent: string
  readonly repository: Repository
  readonly own: OwnFiles
  /** of this process, to know which locks are held by nobody */
  readonly identity: LockIdentity
  /** Adds something to the repository that others will rely on. */
  work(): Promise<void>
  undo(): Promise<void>
}

/** A client may renew its lock in the middle of it. */
const attempts = 3

/**
 * Does something only while the agent holds a lock and nobody has the repository alone. An index that is added while
 * somebody prunes may name packs that are about to be removed, and the next backup of anybody would rely on them. Locks are
 * a promise that clients make to each other; what may be hostile is held to it here: looked at before, and again after, when
 * what was done is undone if the same lock is not there any more. Fails with GATEWAY_DENIED when there is no lock,
 * GATEWAY_BUSY when somebody has the repository alone.
 */
export async function whileLocked({ agent, repository, own, identity, work, undo }: LockedWork, ctx: Context) {
  const held = async (): Promise<ReadonlySet<string>> => {
    const mine = new Set<string>()
    for (const listed of await listLocks(repository, ctx, { retryUnreadable: false })) {
      if (await own.isOwn('lock', listed.id)) mine.add(listed.id)
      else if (listed.lock === undefined) throw new AppError('GATEWAY_BUSY', { agent })
      else if (listed.lock.exclusive && !isStale(listed.lock)) throw new AppError('GATEWAY_BUSY', { agent })
    }
    return mine
  }
  const isStale = (lock: Parameters<typeof explainStale>[0]): boolean =>
    explainStale(lock, { identity, isProcessAlive, now: ctx.now() }) !== undefined
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const before = await held()
    if (before.size === 0) break
    await work()
    let after: ReadonlySet<string> = new Set()
    try {
      after = await held()
    } finally {
      if (before.isDisjointFrom(after)) await undo()
    }
    if (!before.isDisjointFrom(after)) return
  }
  throw new AppError('GATEWAY_DENIED', { agent, action: 'add to a repository without a lock on it' })
}
