import { type AppError, isAppError } from '@holdfast/core/errors/app-error'

const damageCodes: ReadonlySet<string> = new Set(['REPOSITORY_DAMAGED', 'STORAGE_FILE_MISSING', 'STORAGE_DAMAGED'])

/** Whether an error says something about the repository, rather than about the way to it. */
export function isDamage(error: unknown): error is AppError {
  return isAppError(error) && damageCodes.has(error.code)
}
