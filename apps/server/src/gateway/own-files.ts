import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { isAppError } from '@holdfast/core/errors/app-error'

/** Which locks and snapshots of a repository an agent has written: the catalogue knows, for all servers alike. */
export interface OwnFiles {
  isOwn(type: OwnType, name: string): Promise<boolean>
  names(type: OwnType): Promise<ReadonlySet<string>>
  /** Before the file is stored: a mark without a file does no harm. False when there are too many already. */
  add(type: OwnType, name: string, ctx: Context): Promise<boolean>
  removed(type: OwnType, name: string): Promise<void>
  /**
   * Whether this is the snapshot of this attempt of a run, or the first to claim so: a run makes one in each repository, so
   * that an agent cannot make more of them than it was asked for.
   */
  claimRun(run: string, attempt: number, name: string, ctx: Context): Promise<boolean>
}

export type OwnType = 'lock' | 'snapshot'

/** An agent needs a lock for each of its runs; of its snapshots the newest are what it compares with. */
const most = { lock: 32, snapshot: 500 } as const

export function ownFilesOf(
  marks: MarkStore,
  agent: string,
  repository: { readonly name: string; readonly backend: Backend },
): OwnFiles {
  const root = `gateway/${repository.name}/${agent}`
  const keyOf = (type: OwnType, name: string): string => `${root}/${type}/${name}`
  const names: OwnFiles['names'] = async (type) => {
    const prefix = `${root}/${type}/`
    return new Set([...(await marks.list(prefix)).keys()].map((key) => key.slice(prefix.length)))
  }
  const isThere = async (type: OwnType, name: string, ctx: Context): Promise<boolean> => {
    try {
      await repository.backend.stat({ type, name }, ctx)
      return true
    } catch (error) {
      if (isAppError(error, 'STORAGE_FILE_MISSING')) return false
      throw error
    }
  }
  /** Forgets files that others have removed, and the oldest snapshots that are too many. */
  const tidy = async (type: OwnType, ctx: Context): Promise<void> => {
    const present = new Set<string>()
    for await (const { name } of repository.backend.list(type, ctx)) present.add(name)
    const known = [...(await marks.list(`${root}/${type}/`))].toSorted(([, a], [, b]) => (a < b ? 1 : -1))
    const isKept = (key: string, at: number): boolean =>
      present.has(key.slice(-64)) && (type === 'lock' || at < most.snapshot / 2)
    for (const [at, [key]] of known.entries()) if (!isKept(key, at)) await marks.remove(key)
    if (type === 'lock') return
    for (const [key, name] of await marks.list(`${root}/run/`)) if (!present.has(name)) await marks.remove(key)
  }
  return {
    names,
    isOwn: async (type, name) => (await marks.get(keyOf(type, name))) !== undefined,
    async add(type, name, ctx) {
      if ((await names(type)).size >= most[type]) await tidy(type, ctx)
      if ((await names(type)).size >= most[type]) return false
      await marks.set(keyOf(type, name), ctx.now().toISOString())
      return true
    },
    removed: (type, name) => marks.remove(keyOf(type, name)),
    async claimRun(run, attempt, name, ctx) {
      const key = `${root}/run/${run}/${attempt}`
      for (;;) {
        const known = await marks.get(key)
        if (known === name) return true
        if (known !== undefined && (await isThere('snapshot', known, ctx))) return false
        if (await marks.compareAndSet(key, known, name)) return true
      }
    },
  }
}
