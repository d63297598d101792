import { closeSync, constants, openSync } from 'node:fs'
import type { Node } from '../format/node.ts'
import { applyMetadata } from './apply-metadata.ts'
import type { DirectoryPlace } from './directory-place.ts'
import { errnoOf } from './file-system-errno.ts'
import { readNodes } from './read-nodes.ts'
import type { RestoreThread } from './restore-thread.ts'
import { restoreSpecial } from './restore-special.ts'
import { namesIn, removeEntry, statEntry } from './target-entry.ts'
import { childPath, systemPath } from './target-path.ts'

/** A directory whose files are restored. */
export interface OpenDirectory {
  readonly place: DirectoryPlace
  readonly specials: readonly Node[]
}

/**
 * The last things of a directory, once everything deeper is finished: links and special files, the removal of what does not
 * belong there, and its own metadata, which all of that would change. Links come this late so that nothing this run writes
 * can pass through one.
 */
export function finishDirectory(thread: RestoreThread, directory: OpenDirectory): void {
  const { place, specials } = directory
  const { task } = place
  finishSpecials(thread, place, specials)
  if (thread.rules.delete) attempt(thread, task.path, () => removeUnexpected(thread, place))
  if (task.metadata === undefined) return
  thread.counters.add('directoriesRestored', 1)
  if (thread.rules.verbose) thread.tell(task.fresh ? 'restored' : 'updated', task.path, 0)
  const isKept = thread.rules.overwrite === 'never' && task.selected && !task.fresh
  if (!thread.rules.dryRun && !isKept) attempt(thread, task.path, () => applyDirectoryMetadata(thread, place))
}

/** Makes links and special files. */
export function finishSpecials(
  thread: RestoreThread,
  { task, inheritsAcl }: DirectoryPlace,
  specials: readonly Node[],
): void {
  for (const node of specials) {
    const path = childPath(task.path, node.name.toString('latin1'))
    attempt(thread, path, () => restoreSpecial(thread, node, { path, inheritsAcl }))
  }
}

function attempt(thread: RestoreThread, path: string, action: () => void): void {
  thread.pause()
  try {
    action()
  } catch (error) {
    thread.fail(path, error)
  }
}

function applyDirectoryMetadata(thread: RestoreThread, { task, inheritsAcl }: DirectoryPlace): void {
  const { path, metadata } = task
  if (metadata === undefined) return
  const mayHaveAttributes = !task.fresh || inheritsAcl
  let fd
  try {
    fd = openSync(systemPath(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    // one that was there and that its owner may not read
    if (errnoOf(error) !== 'EACCES' || statEntry(path)?.isDirectory() !== true) throw error
    applyMetadata(thread, { path, mayHaveAttributes }, metadata)
    return
  }
  try {
    applyMetadata(thread, { path, fd, mayHaveAttributes }, metadata)
  } finally {
    closeSync(fd)
  }
}

/** Only what the filters select is removed: a restore of a part must not touch the rest. */
function removeUnexpected(thread: RestoreThread, { task }: DirectoryPlace): void {
  if (task.fresh) return
  const present = namesIn(task.path)
  if (present.size === 0) return
  for (const node of readNodes(thread, task.tree)) present.delete(node.name.toString('latin1'))
  const device = statEntry(task.path)?.dev
  if (device === undefined) return
  for (const name of present) {
    if (!thread.selection.test(childPath(task.location, name)).selected) continue
    const path = childPath(task.path, name)
    attempt(thread, path, () => {
      thread.counters.add('filesDeleted', thread.rules.dryRun ? 1 : removeEntry(path, device))
      thread.tell('deleted', path, 0)
    })
  }
}
