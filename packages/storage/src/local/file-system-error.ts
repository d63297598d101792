import { AppError } from '@holdfast/core/errors/app-error'
import { describeDenial } from './describe-denial.ts'

export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** What was being done when the operating system refused. `file` is the name shown to people. */
export interface FileSystemAction {
  readonly action: string
  readonly file: string
  readonly location: string
}

/**
 * The operating system's error as one of ours. A full or forbidden disk stays so until someone acts, anything else
 * (EIO, ESTALE, EMFILE…) may pass. AppErrors go through unchanged.
 */
export function fileSystemError(error: unknown, { action, file, location }: FileSystemAction): AppError {
  if (error instanceof AppError) return error
  const reason = error instanceof Error ? error.message : String(error)
  switch (errnoOf(error)) {
    case 'ENOENT':
      return new AppError('STORAGE_FILE_MISSING', { file, location }, { cause: error })
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('STORAGE_FULL', { file, location }, { cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError('STORAGE_DENIED', { action, file, location, reason: denied(error, reason) }, { cause: error })
    default:
      return new AppError('STORAGE_UNREACHABLE', { action, file, location, reason }, { cause: error })
  }
}

function denied(error: unknown, reason: string): string {
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined
  const owner = path === undefined ? undefined : describeDenial(path)
  return owner === undefined ? reason : `${reason}; ${owner}`
}
