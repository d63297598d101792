import { getXattr } from '../native/xattr.ts'
import type { DirectoryTask } from './restore-protocol.ts'
import type { RestoreThread } from './restore-thread.ts'
import { makeRealDirectory, namesIn } from './target-entry.ts'
import { systemPath } from './target-path.ts'

/** A directory of the target while its entries are restored. */
export interface DirectoryPlace {
  readonly task: DirectoryTask
  /** what was in it before; nothing in a new one */
  readonly names: ReadonlySet<string>
  /** what is made in it gets attributes that the snapshot does not hold */
  readonly inheritsAcl: boolean
  /** how much of the path is known to exist */
  madeLength: number
  /** something was restored into it */
  touched: boolean
}

export function openPlace(task: DirectoryTask): DirectoryPlace {
  const names = task.fresh ? noNames : namesIn(task.path)
  const inheritsAcl = task.inheritsAcl || (!task.fresh && hasDefaultAcl(task.path))
  return { task, names, inheritsAcl, madeLength: task.madeLength, touched: false }
}

const noNames: ReadonlySet<string> = new Set()

function hasDefaultAcl(path: string): boolean {
  try {
    return getXattr(systemPath(path), 'system.posix_acl_default') !== undefined
  } catch {
    // not there yet, or not to be read: nothing is known against it
    return false
  }
}

/** Makes what is missing of the path, for a directory that is made only when something is restored into it. */
export function ensurePlace(thread: RestoreThread, place: DirectoryPlace): void {
  place.touched = true
  const { path } = place.task
  while (place.madeLength < path.length) {
    const slash = path.indexOf('/', place.madeLength + 1)
    const end = slash < 0 ? path.length : slash
    if (!thread.rules.dryRun) makeRealDirectory(path.slice(0, end), thread.rules.overwrite !== 'never')
    place.madeLength = end
  }
}
