import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'it is not a directory',
  EACCES: 'it may not be written to',
  EROFS: 'it is on a read-only file system',
  ENOSPC: 'no space is left',
}

/** Makes a directory of a name that begins so, where a user said that there is space. Fails with TARGET_UNUSABLE. */
export async function makeDirectoryIn(parent: string, prefix: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, prefix))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error))
    throw new AppError('TARGET_UNUSABLE', { target: parent, reason }, { cause: error })
  }
}
