import { type BigIntStats, closeSync } from 'node:fs'
import { statModeOf } from '../format/file-mode.ts'
import type { Node } from '../format/node.ts'
import { holdsPart } from './compare-content.ts'
import type { ContentPart, FileContent } from './file-content.ts'
import { errnoOf } from './file-system-errno.ts'
import type { OverwriteMode } from './restore-request.ts'
import type { RestoreThread } from './restore-thread.ts'
import { clearPlace, openExisting, statEntry } from './target-entry.ts'

/** What is to be done about a file, given what lies at its path. */
export type ExistingVerdict =
  /** nothing is there (any more): everything is to be written to a new file */
  | { readonly type: 'absent'; readonly replaced: boolean }
  /** it is not to be overwritten */
  | { readonly type: 'keep' }
  /** the content is right; metadata is set unless the inode has other names too */
  | { readonly type: 'same'; readonly shared: boolean }
  /** these parts are to be written into it */
  | { readonly type: 'differs'; readonly parts: readonly ContentPart[] }
  /** a large file: its parts are compared when they are restored */
  | { readonly type: 'uncertain' }

/** Whether an existing entry may be touched at all. */
export function mayOverwrite(overwrite: OverwriteMode, node: Node, found: BigIntStats): boolean {
  if (overwrite === 'never') return false
  return overwrite !== 'if-newer' || node.mtimeNs > found.mtimeNs
}

/**
 * Looks at what exists. What is not a regular file, or has further hard links and is not equal in every way, is removed, so that
 * nothing outside is written through it (a dry run only says so).
 */
export function examineExisting(
  thread: RestoreThread,
  path: string,
  node: Node,
  content: FileContent,
  isLarge: boolean,
): ExistingVerdict {
  const { rules } = thread
  const found = statEntry(path)
  if (found === undefined) return { type: 'absent', replaced: false }
  if (!mayOverwrite(rules.overwrite, node, found)) return { type: 'keep' }
  const clear = (): ExistingVerdict => {
    if (!rules.dryRun) clearPlace(path, found)
    return { type: 'absent', replaced: true }
  }
  if (!found.isFile()) return clear()
  const isShared = found.nlink > 1n
  const isTrusted = rules.overwrite === 'if-changed' && sameSizeAndTime(node, content, found)
  if (isShared && !(sameMetadata(node, found) && (isTrusted || sameSizeAndTime(node, content, found)))) return clear()
  if (isTrusted) return { type: 'same', shared: isShared }
  if (isLarge && !isShared) return { type: 'uncertain' }
  const parts = missingParts(thread, path, content)
  if (parts === undefined) return clear()
  if (parts.length === 0 && Number(found.size) === content.sizeBytes) return { type: 'same', shared: isShared }
  return isShared ? clear() : { type: 'differs', parts }
}

function sameSizeAndTime(node: Node, content: FileContent, found: BigIntStats): boolean {
  return Number(found.size) === content.sizeBytes && found.mtimeNs === node.mtimeNs
}

function sameMetadata({ mode, uid, gid }: Node, found: BigIntStats): boolean {
  const sameMode = (Number(found.mode) & 0o7777) === (statModeOf(mode) & 0o7777)
  return sameMode && Number(found.uid) === uid && Number(found.gid) === gid
}

/** Parts that the file does not hold; undefined when it cannot be read, and so must be replaced. */
function missingParts(thread: RestoreThread, path: string, { parts }: FileContent): ContentPart[] | undefined {
  let fd
  try {
    fd = openExisting(path, 'read')
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return undefined
    throw error
  }
  try {
    return parts.filter((part) => {
      thread.pause()
      return !holdsPart(thread.arena, thread.scratch, fd, part)
    })
  } finally {
    closeSync(fd)
  }
}
