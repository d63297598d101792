import {
  type BigIntStats,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { AppError } from '@holdfast/core/errors/app-error'
import { errnoOf } from './file-system-errno.ts'
import { childPath, shownPath, systemPath } from './target-path.ts'

/** What lies at the path itself, a symbolic link not followed; undefined when nothing does. */
export function statEntry(path: string): BigIntStats | undefined {
  return lstatSync(systemPath(path), { bigint: true, throwIfNoEntry: false })
}

/** Names in a directory as byte text; none when it is not there. */
export function namesIn(path: string): Set<string> {
  try {
    return new Set(readdirSync(systemPath(path), 'latin1'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return new Set()
    throw error
  }
}

/** Opens a new file for writing. EEXIST when there is anything at the path, also a dangling symbolic link. */
export function createFile(path: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  return openSync(systemPath(path), flags, 0o600)
}

/** Opens what was found to be a regular file; a pipe that has taken its place meanwhile does not block. */
export function openExisting(path: string, mode: 'read' | 'write' | 'both'): number {
  const access = { read: constants.O_RDONLY, write: constants.O_WRONLY, both: constants.O_RDWR }[mode]
  return openSync(systemPath(path), access | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

/** Removes what stands where something else must go. A directory that is not empty stays, and is an error. */
export function clearPlace(path: string, found: BigIntStats): void {
  if (found.isDirectory()) rmdirSync(systemPath(path))
  else unlinkSync(systemPath(path))
}

/**
 * Makes a directory, or finds a real one there; true when it was made. A symbolic link or file in its place is replaced
 * when `mayReplace`, so that nothing is ever written through a link.
 */
export function makeRealDirectory(path: string, mayReplace: boolean): boolean {
  for (let attempt = 1; ; attempt++) {
    try {
      mkdirSync(systemPath(path), 0o700)
      return true
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || attempt > 3) throw error
    }
    const found = statEntry(path)
    if (found?.isDirectory() === true) return false
    if (found === undefined) continue
    if (!mayReplace) throw inTheWay(path)
    unlinkSync(systemPath(path))
  }
}

export function inTheWay(path: string): AppError {
  return new AppError('TARGET_UNUSABLE', {
    target: shownPath(path),
    reason: 'there is something that is not a directory, and it is not to be overwritten',
  })
}

/**
 * Removes an entry with everything below it; symbolic links are removed, not followed, and other file systems that are
 * mounted below are not entered. Returns how many entries are gone.
 */
export function removeEntry(path: string, device: bigint): number {
  const found = statEntry(path)
  if (found === undefined) return 0
  if (!found.isDirectory()) {
    unlinkSync(systemPath(path))
    return 1
  }
  if (found.dev !== device)
    throw new AppError('TARGET_UNUSABLE', { target: shownPath(path), reason: 'it is a mount point' })
  let removed = 1
  for (const name of namesIn(path)) removed += removeEntry(childPath(path, name), device)
  rmdirSync(systemPath(path))
  return removed
}
