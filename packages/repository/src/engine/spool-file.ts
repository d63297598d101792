import { mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'

export interface SpoolFile {
  readonly descriptor: number
  readonly path: string
}

/** Creates a file in the spool directory, and that directory when it is missing. Throws STORAGE_… errors. */
export function createSpoolFile(directory: string, path: string): SpoolFile {
  try {
    return { descriptor: openSync(path, 'wx', 0o600), path }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw spoolError(error, directory)
  }
  makeSpool(directory)
  try {
    return { descriptor: openSync(path, 'wx', 0o600), path }
  } catch (error) {
    throw spoolError(error, directory)
  }
}

/** Throws STORAGE_FULL when the disk is. */
export function writeFully({ descriptor, path }: SpoolFile, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
  } catch (error) {
    throw spoolError(error, dirname(path))
  }
}

/** `<root>/tmp/<process>/<spool>`, and no more: making the repository's root would hide that its disk is not mounted. */
function makeSpool(directory: string): void {
  for (const path of [dirname(dirname(directory)), dirname(directory), directory]) {
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw spoolError(error, directory)
    }
  }
}

function spoolError(error: unknown, location: string): AppError {
  const file = 'a pack in preparation'
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return new AppError('STORAGE_FULL', { location, file }, { cause: error })
  const reason = error instanceof Error ? error.message : String(error)
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new AppError('STORAGE_DENIED', { location, action: 'write', file, reason }, { cause: error })
  }
  return new AppError('STORAGE_UNREACHABLE', { location, action: 'write', file, reason }, { cause: error })
}
