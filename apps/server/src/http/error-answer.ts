import type { ErrorBody } from '@holdfast/api/error-body'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { statusOf } from './error-status.ts'
import { RequestProblems } from './request-problems.ts'

export interface ErrorAnswer {
  readonly status: number
  readonly body: ErrorBody
  /** a mistake of the program: for the log */
  readonly isFault: boolean
}

/** Makes of anything that was thrown what the client is told. Of mistakes of the program it is told nothing. */
export function answerError(error: unknown): ErrorAnswer {
  const told = isAppError(error) ? error : (fromFramework(error) ?? new AppError('SERVER_FAULT', {}, { cause: error }))
  const { code, message, hint, cause } = told
  const problems = cause instanceof RequestProblems ? { problems: [...cause.problems] } : {}
  return {
    status: statusOf(code),
    body: { error: { code, message, hint, ...problems } },
    isFault: code === 'SERVER_FAULT',
  }
}

/** What the HTTP framework itself refuses: it says so by a status of 4xx. */
function fromFramework(error: unknown): AppError | undefined {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined
  if (status === 404) return new AppError('ROUTE_UNKNOWN', {})
  if (status === 413) return new AppError('REQUEST_TOO_LARGE', {})
  if (status === 415) return new AppError('MEDIA_TYPE_WRONG', {})
  return new AppError('REQUEST_INVALID', { route: 'HTTP', reason: 'it cannot be read' }, { cause: error })
}
