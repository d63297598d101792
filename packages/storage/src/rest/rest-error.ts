import { AppError } from '@holdfast/core/errors/app-error'
import { MalformedListing } from './json-array.ts'

export interface RestAction {
  readonly action: string
  readonly file: string
  readonly location: string
}

/** A reply's status as an error. 4xx other than "try again" stays so until someone acts. */
export function statusError(status: number, { action, file, location }: RestAction): AppError {
  const refused = (reason: string) => new AppError('STORAGE_DENIED', { action, file, location, reason })
  const unreachable = (reason: string) => new AppError('STORAGE_UNREACHABLE', { action, file, location, reason })
  switch (status) {
    case 401:
      return refused('HTTP 401, the user name or password is wrong or missing')
    case 403:
      return refused('HTTP 403, the server forbids it (append-only, or another user’s repository)')
    case 404:
      return action === 'write' || action === 'create'
        ? refused('HTTP 404, the server has no such folder')
        : new AppError('STORAGE_FILE_MISSING', { file, location })
    case 400:
      return unreachable('HTTP 400, the server found the request or the uploaded bytes damaged')
    case 413:
      return refused('HTTP 413, the server or a proxy before it limits the size of one file')
    case 408:
    case 425:
    case 429:
      return unreachable(`HTTP ${status}, the server is too busy`)
    case 507:
      return new AppError('STORAGE_FULL', { file, location })
  }
  if (status >= 300 && status < 400) return refused(`HTTP ${status}, the server redirects elsewhere`)
  return status >= 400 && status < 500 ? refused(`HTTP ${status}`) : unreachable(`HTTP ${status}`)
}

/** What Node says about a certificate that will not become valid by waiting. */
const untrusted = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|ERR_SSL_|HOSTNAME_MISMATCH|INVALID_CA)/

/** An error of the connection as one of ours. */
export function connectionError(error: unknown, { action, file, location }: RestAction): AppError {
  if (error instanceof AppError) return error
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const text = describe(error)
  if (untrusted.test(code)) {
    const reason = `the connection is not trusted: ${text} (${code})`
    return new AppError('STORAGE_DENIED', { action, file, location, reason }, { cause: error })
  }
  const reason = error instanceof MalformedListing ? `the server’s listing is malformed: ${text}` : text
  return new AppError('STORAGE_UNREACHABLE', { action, file, location, reason }, { cause: error })
}

function describe(error: unknown): string {
  // Node tries each address of a name and reports all failures in one error without a message.
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ')
  return error instanceof Error ? error.message : String(error)
}
