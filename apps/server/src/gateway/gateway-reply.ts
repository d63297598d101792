import type { ErrorBody } from '@holdfast/api/error-body'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { ErrorCode } from '@holdfast/core/errors/catalogue'

/** What restic's clients understand: 4xx is for ever, 5xx worth trying again. */
const statuses: Partial<Record<ErrorCode, number>> = {
  GATEWAY_UNKNOWN_AGENT: 401,
  GATEWAY_DENIED: 403,
  GATEWAY_FILE_REFUSED: 403,
  GATEWAY_UPLOAD_DAMAGED: 400,
  GATEWAY_BUSY: 503,
  STORAGE_FILE_MISSING: 404,
  STORAGE_FILE_EXISTS: 403,
  STORAGE_FULL: 507,
  GATEWAY_LIMIT_REACHED: 507,
  REQUEST_TOO_LARGE: 413,
}

/** Codes whose text may be told: it speaks of what the agent itself has sent, never of where the repository lies. */
const told: ReadonlySet<string> = new Set([
  'GATEWAY_UNKNOWN_AGENT',
  'GATEWAY_DENIED',
  'GATEWAY_FILE_REFUSED',
  'GATEWAY_UPLOAD_DAMAGED',
  'GATEWAY_BUSY',
  'GATEWAY_LIMIT_REACHED',
  'REQUEST_TOO_LARGE',
])

export interface GatewayFailure {
  readonly status: number
  readonly body: ErrorBody
  /** trouble of the server or its store, or a mistake of the program: for the log */
  readonly isOurs: boolean
}

/** What a client is told of a failure. */
export function describeFailure(error: unknown): GatewayFailure {
  const status = isAppError(error) ? (statuses[error.code] ?? 503) : 500
  if (isAppError(error) && told.has(error.code)) {
    const { code, message, hint } = error
    return { status, body: { error: { code, message, hint } }, isOurs: false }
  }
  const isOurs = status >= 500
  const code = isAppError(error) ? error.code : 'SERVER_FAULT'
  const { hint } = new AppError('SERVER_FAULT', {})
  return { status, body: { error: { code, message: isOurs ? 'it could not be done' : 'refused', hint } }, isOurs }
}
