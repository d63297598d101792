import { AppError } from '@holdfast/core/errors/app-error'

/** SQLite's primary result codes that are answered in a way of their own. */
const codes = { busy: 5, locked: 6, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notDatabase: 26 }

interface SqliteError extends Error {
  readonly errcode: number
}

/** SQLITE_IOERR_SHMSIZE: no room for the index of the WAL */
const noRoomForIndex = 4874

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}

/** Extended codes carry the primary one in their lowest byte. */
function primaryCode(error: unknown): number | undefined {
  return isSqliteError(error) ? error.errcode & 0xff : undefined
}

/** Another process has the lock; it may have gone in a moment. */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error)
  return code === codes.busy || code === codes.locked
}

/** What to tell a person; errors that are not SQLite's are returned as they are. */
export function sqliteError(error: unknown, catalogue: string): unknown {
  if (!isSqliteError(error)) return error
  const options = { cause: error }
  const reason = error.message
  if (error.errcode === noRoomForIndex) return new AppError('CATALOGUE_FULL', { catalogue }, options)
  switch (primaryCode(error)) {
    case codes.full:
      return new AppError('CATALOGUE_FULL', { catalogue }, options)
    case codes.corrupt:
    case codes.notDatabase:
      return new AppError('CATALOGUE_CORRUPT', { catalogue, reason }, options)
    case codes.readOnly:
    case codes.cannotOpen:
    case codes.ioError:
      return new AppError('CATALOGUE_DENIED', { catalogue, reason }, options)
    default:
      return error
  }
}
