import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Backend } from '@holdfast/storage/backend'

/** Which locks and snapshots of a repository an agent has written lately: the catalogue knows, for all servers alike. */
export interface OwnFiles {
  isOwn(type: OwnType, name: string): Promise<boolean>
  /** Of those that runs made: enough to find what the next run compares with. */
  snapshotNames(): Promise<ReadonlySet<string>>
  /** Before the file is stored: a lock that is remembered and not there does no harm. False when there are too many. */
  addLock(name: string, ctx: Context): Promise<boolean>
  lockRemoved(name: string): Promise<void>
  /**
   * Before the file is stored. An attempt of a run makes one snapshot in each repository, so that an agent cannot make more
   * of them than it was asked for: false when that one is there already. Undefined: made by hand.
   */
  addSnapshot(name: string, made: MadeBy | undefined, ctx: Context): Promise<boolean>
  /**
   * After the file is stored: false when another that came at the same time was taken for the one of its attempt instead.
   */
  isTaken(name: string): Promise<boolean>
}

export interface MadeBy {
  /** "<run>/2" */
  readonly attempt: string
  readonly startedAt: Date
  /** Snapshots of attempts that started before are refused anyway, so what those have made need not be remembered. */
  readonly refusedBefore: Date
}

export type OwnType = 'lock' | 'snapshot'

interface Kept {
  readonly locks: readonly string[]
  /** newest last */
  readonly snapshots: readonly { readonly name: string; readonly attempt?: string; readonly startedMs?: number }[]
}

/** An agent needs a lock for each of its runs. */
const locksAtMost = 32
/** Made by hand; those of runs are counted apart, so that these do not push them out. */
const freeAtMost = 8

export interface OwnPlace {
  readonly agent: string
  readonly repository: string
  readonly backend: Backend
  /** how many sources the agent has */
  readonly sources: number
}

export function ownFilesOf(marks: MarkStore, { agent, repository, backend, sources }: OwnPlace): OwnFiles {
  const key = `gateway/${repository}/${agent}`
  const backupsAtMost = 4 + 2 * sources
  /** `change` gives undefined when nothing is to be written. */
  const update = async (change: (kept: Kept) => Kept | undefined): Promise<boolean> => {
    for (;;) {
      const text = await marks.get(key)
      const next = change(parse(text))
      if (next === undefined) return false
      if (await marks.compareAndSet(key, text, JSON.stringify(next))) return true
    }
  }
  const read = async (): Promise<Kept> => parse(await marks.get(key))
  /** Those by hand, and those of runs, that were written last. */
  const latest = (snapshots: Kept['snapshots']): ReadonlySet<Kept['snapshots'][number]> =>
    new Set([
      ...snapshots.filter(({ attempt }) => attempt === undefined).slice(-freeAtMost),
      ...snapshots.filter(({ attempt }) => attempt !== undefined).slice(-backupsAtMost),
    ])
  /** What is forgotten could be made once more, so only what cannot be made any more is. */
  const limit = (snapshots: Kept['snapshots'], refusedBefore: Date | undefined): Kept['snapshots'] => {
    const newest = latest(snapshots)
    const earliestMs = refusedBefore?.getTime() ?? -Infinity
    const stays = (each: Kept['snapshots'][number]): boolean =>
      newest.has(each) || (each.attempt !== undefined && (each.startedMs ?? 0) >= earliestMs)
    return snapshots.filter(stays)
  }
  return {
    async isOwn(type, name) {
      const { locks, snapshots } = await read()
      return type === 'lock' ? locks.includes(name) : [...latest(snapshots)].some((each) => each.name === name)
    },
    async isTaken(name) {
      return (await read()).snapshots.some((each) => each.name === name)
    },
    async snapshotNames() {
      const { snapshots } = await read()
      // not those by hand: restic would choose one as the parent, and fail where its cache has not got the trees
      return new Set([...latest(snapshots)].filter(({ attempt }) => attempt !== undefined).map(({ name }) => name))
    },
    async addLock(name, ctx) {
      const add = (kept: Kept, locks = kept.locks): Kept | undefined =>
        locks.length >= locksAtMost ? undefined : { ...kept, locks: [...locks.filter((each) => each !== name), name] }
      if (await update((kept) => add(kept))) return true
      // others remove locks, too: stale ones
      const present = new Set<string>()
      for await (const file of backend.list('lock', ctx)) present.add(file.name)
      return await update((kept) =>
        add(
          kept,
          kept.locks.filter((each) => present.has(each)),
        ),
      )
    },
    async lockRemoved(name) {
      await update((kept) => ({ ...kept, locks: kept.locks.filter((each) => each !== name) }))
    },
    async addSnapshot(name, made, ctx) {
      const attempt = made?.attempt
      const claimed = attempt === undefined ? [] : (await read()).snapshots.filter((each) => each.attempt === attempt)
      for (const other of claimed) if (other.name !== name && (await isThere(backend, other.name, ctx))) return false
      return await update((kept) => {
        const rest = kept.snapshots.filter(
          (each) => each.name !== name && !claimed.some((old) => old.name === each.name),
        )
        // two at once: the second comes again, and then sees the first
        if (attempt !== undefined && rest.some((each) => each.attempt === attempt)) return undefined
        const added =
          made === undefined ? { name } : { name, attempt: made.attempt, startedMs: made.startedAt.getTime() }
        return { ...kept, snapshots: limit([...rest, added], made?.refusedBefore) }
      })
    },
  }
}

async function isThere(backend: Backend, name: string, ctx: Context): Promise<boolean> {
  try {
    await backend.stat({ type: 'snapshot', name }, ctx)
    return true
  } catch (error) {
    if (isAppError(error, 'STORAGE_FILE_MISSING')) return false
    throw error
  }
}

function parse(text: string | undefined): Kept {
  if (text === undefined) return { locks: [], snapshots: [] }
  // boundary: only this file writes these marks
  return JSON.parse(text) as Kept
}
