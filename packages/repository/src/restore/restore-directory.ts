import { AppError } from '@holdfast/core/errors/app-error'
import type { ExtendedAttribute, Node } from '../format/node.ts'
import { type DirectoryPlace, ensurePlace } from './directory-place.ts'
import type { PendingFile } from './pending-file.ts'
import type { DirectoryTask, PostedAttribute } from './restore-protocol.ts'
import type { RestoreThread } from './restore-thread.ts'
import type { SelectionVerdict } from './selection.ts'
import { inTheWay, makeRealDirectory, statEntry } from './target-entry.ts'
import { childPath } from './target-path.ts'

/** What is found in a directory. */
export interface DirectoryFindings {
  directory(task: DirectoryTask): void
  file(file: PendingFile): void
  /** a symbolic link, device or pipe: made when the files are there */
  special(node: Node): void
}

/** Makes a directory's directories and tells what else must be restored. */
export function restoreDirectory(
  thread: RestoreThread,
  place: DirectoryPlace,
  nodes: Iterable<Node>,
  findings: DirectoryFindings,
): void {
  const { task } = place
  for (const node of nodes) {
    const name = node.name.toString('latin1')
    const path = childPath(task.path, name)
    try {
      const verdict = thread.selection.test(childPath(task.location, name))
      if (node.type === 'dir') {
        const found = directoryTask(thread, place, node, { name, path, verdict })
        if (found !== undefined) findings.directory(found)
      } else if (verdict.selected) {
        restoreEntry(thread, place, node, { name, path }, findings)
      }
    } catch (error) {
      thread.fail(path, error)
    }
  }
}

function restoreEntry(
  thread: RestoreThread,
  place: DirectoryPlace,
  node: Node,
  { name, path }: { name: string; path: string },
  findings: DirectoryFindings,
): void {
  switch (node.type) {
    case 'file':
      ensurePlace(thread, place)
      findings.file({ node, path, mayExist: place.names.has(name), inheritsAcl: place.inheritsAcl })
      return
    case 'symlink':
    case 'dev':
    case 'chardev':
    case 'fifo':
      ensurePlace(thread, place)
      findings.special(node)
      return
    // a socket without the program that listens on it is of no use
    case 'socket':
    case 'dir':
      return
    case 'irregular':
    case 'unknown':
      throw new AppError('REPOSITORY_DAMAGED', {
        object: `node ${node.name.toString()}`,
        reason: 'its type is unknown',
      })
  }
}

interface ChildDirectory {
  readonly name: string
  readonly path: string
  readonly verdict: SelectionVerdict
}

function directoryTask(
  thread: RestoreThread,
  place: DirectoryPlace,
  node: Node,
  { name, path, verdict }: ChildDirectory,
): DirectoryTask | undefined {
  const { task } = place
  if (!verdict.selected && !verdict.childrenMayBe) return undefined
  if (node.subtree === undefined) {
    throw new AppError('REPOSITORY_DAMAGED', { object: `directory ${node.name.toString()}`, reason: 'it has no tree' })
  }
  const fresh = verdict.selected && makeChild(thread, place, name, path)
  const { mode, uid, gid, mtimeNs, atimeNs } = node
  const extendedAttributes = node.extendedAttributes.map(ownBytes)
  return {
    number: -1,
    parent: task.number,
    tree: node.subtree,
    path,
    location: childPath(task.location, name),
    depth: task.depth + 1,
    metadata: { mode, uid, gid, mtimeNs, atimeNs, extendedAttributes },
    selected: verdict.selected,
    madeLength: verdict.selected ? path.length : place.madeLength,
    fresh,
    inheritsAcl: place.inheritsAcl,
  }
}

/** Free of Node's buffer pool, all of which would be posted along. */
function ownBytes({ name, value }: ExtendedAttribute): PostedAttribute {
  return { name: Uint8Array.from(name), value: Uint8Array.from(value) }
}

/** True when nothing was there before. */
function makeChild(thread: RestoreThread, place: DirectoryPlace, name: string, path: string): boolean {
  ensurePlace(thread, place)
  const mayReplace = thread.rules.overwrite !== 'never'
  if (!thread.rules.dryRun) return makeRealDirectory(path, mayReplace)
  if (place.task.fresh || !place.names.has(name)) return true
  const isDirectory = statEntry(path)?.isDirectory() === true
  if (!isDirectory && !mayReplace) throw inTheWay(path)
  return !isDirectory
}
