import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { type ErrorCode, errorCatalogue } from '@holdfast/core/errors/catalogue'

/** An error in a form that survives being posted between threads. */
export interface PostedError {
  readonly code?: ErrorCode
  readonly details?: Readonly<Record<string, string | number>>
  readonly message: string
  readonly stack?: string
}

export function toPostedError(error: unknown): PostedError {
  if (isAppError(error)) return { code: error.code, details: error.details, message: error.message }
  if (error instanceof Error)
    return { message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) }
  return { message: String(error) }
}

export function fromPostedError(posted: PostedError): Error {
  if (posted.code !== undefined && posted.code in errorCatalogue) {
    return new AppError(posted.code, posted.details ?? {})
  }
  const error = new Error(posted.message)
  if (posted.stack !== undefined) error.stack = posted.stack
  return error
}
