import type { ErrorCode } from '@holdfast/core/errors/catalogue'

/** HTTP status by code, for what a client can do something about. */
const statuses: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  ARGUMENT_INVALID: 400,
  OPERATION_UNSUITABLE: 400,
  SIGN_IN_NEEDED: 401,
  NOT_ALLOWED: 403,
  CALLER_LIMITED: 403,
  ROUTE_UNKNOWN: 404,
  SOURCE_UNKNOWN: 404,
  RUN_UNKNOWN: 404,
  FINDING_UNKNOWN: 404,
  CONFIG_PATH_UNKNOWN: 404,
  SOURCE_WITHOUT_SNAPSHOT: 404,
  METHOD_WRONG: 405,
  REQUEST_TOO_SLOW: 408,
  RUN_ENDED: 409,
  CONFIG_INVALID: 409,
  CHANNELS_MISSING: 409,
  REQUEST_TOO_LARGE: 413,
  MEDIA_TYPE_WRONG: 415,
  SIGN_IN_REFUSED: 401,
  CREDENTIAL_REFUSED: 401,
  PROVIDER_SIGN_IN_FAILED: 401,
  REQUEST_FOREIGN: 403,
  PROVIDER_USER_REFUSED: 403,
  PASSWORD_UNFIT: 400,
  ACCESS_NAME_INVALID: 400,
  USER_UNKNOWN: 404,
  TOKEN_UNKNOWN: 404,
  USER_EXISTS: 409,
  TOKEN_EXISTS: 409,
  USER_SIGNS_IN_ELSEWHERE: 409,
  ADMIN_NEEDED: 409,
  REQUESTS_TOO_MANY: 429,
  SERVER_FAULT: 500,
}

/** All else is trouble of the server or of what it works with: 503, whether it passes by itself or somebody has to act. */
export function statusOf(code: ErrorCode): number {
  return statuses[code] ?? 503
}
