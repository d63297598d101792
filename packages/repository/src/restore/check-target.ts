import { accessSync, constants, mkdirSync, readdirSync, realpathSync, statSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { byteText } from '../filter/byte-text.ts'
import { errnoOf } from './file-system-errno.ts'
import type { RestoreRequest } from './restore-request.ts'

/** A target that was looked at, not yet touched. */
export interface CheckedTarget {
  /** absolute */
  readonly path: string
  readonly exists: boolean
  readonly isEmpty: boolean
  /** bytes that may be written, as the file system says */
  readonly freeBytes: number
  /** number of that file system on this machine, to tell whether two targets share it */
  readonly device: number
}

/**
 * Looks whether the target can be restored to, before anything is written.
 * @throws AppError TARGET_UNUSABLE
 */
export function checkTarget(request: Pick<RestoreRequest, 'target' | 'include' | 'exclude' | 'delete'>): CheckedTarget {
  const path = resolve(request.target)
  const isFiltered = (request.include?.length ?? 0) + (request.exclude?.length ?? 0) > 0
  if (request.delete && path === '/' && !isFiltered) {
    throw unusable(
      path,
      'with --delete everything outside the snapshot would be removed; name what to restore with --include',
    )
  }
  const existing = nearestExisting(path)
  const exists = existing === path
  try {
    const found = statSync(existing)
    if (!found.isDirectory()) throw unusable(path, `${existing} is not a directory`)
    accessSync(existing, constants.W_OK | constants.X_OK | constants.R_OK)
    const { bavail, bsize } = statfsSync(existing)
    const isEmpty = !exists || readdirSync(existing).length === 0
    return { path, exists, isEmpty, freeBytes: bavail * bsize, device: found.dev }
  } catch (error) {
    if (error instanceof AppError) throw error
    throw unusable(path, reasonOf(error, existing), error)
  }
}

function nearestExisting(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    try {
      if (statSync(at, { throwIfNoEntry: false }) !== undefined || at === '/') return at
    } catch (error) {
      // a file where a directory should be: the next higher one says so
      if (errnoOf(error) !== 'ENOTDIR') throw unusable(path, reasonOf(error, at), error)
    }
  }
}

/** Throws TARGET_UNUSABLE when content that is surely missing is larger than the free space. */
export function checkSpace(target: Pick<CheckedTarget, 'path' | 'freeBytes'>, missingBytes: number): void {
  if (missingBytes <= target.freeBytes) return
  const [needed, free] = [formatSize(missingBytes), formatSize(target.freeBytes)]
  throw unusable(target.path, `${needed} have to go there and only ${free} are free`)
}

/** Makes the target where it is not there; returns its real path as byte text, free of symbolic links. */
export function openTarget({ path, exists }: CheckedTarget, dryRun: boolean): string {
  try {
    if (!exists && dryRun) return byteText(path)
    if (!exists) mkdirSync(path, { recursive: true, mode: 0o700 })
    return realpathSync(path, 'buffer').toString('latin1')
  } catch (error) {
    throw unusable(path, reasonOf(error, path), error)
  }
}

function reasonOf(error: unknown, path: string): string {
  const known: Readonly<Record<string, string>> = {
    EACCES: `${path} may not be written to`,
    EPERM: `${path} may not be written to`,
    EROFS: `${path} is on a read-only file system`,
    ENOSPC: 'no space is left',
  }
  return known[errnoOf(error)] ?? (error instanceof Error ? error.message : String(error))
}

function unusable(target: string, reason: string, cause?: unknown): AppError {
  return new AppError('TARGET_UNUSABLE', { target, reason }, { cause })
}
