import { InvalidObjectState, S3ServiceException } from '@aws-sdk/client-s3'
import { AppError } from '@holdfast/core/errors/app-error'
import { retrievalText } from '../archive-class.ts'
import { connectionError } from '../rest/rest-error.ts'

export interface S3Action {
  readonly action: string
  readonly file: string
  readonly location: string
  readonly bucket: string
}

export interface S3Failure {
  /** S3's code, such as `NoSuchKey`; a HEAD has none, then the SDK makes one up from the status */
  readonly code: string
  readonly status: number
}

/** S3's own words for a failure, if the server answered at all. */
export function s3Failure(error: unknown): S3Failure | undefined {
  if (!(error instanceof S3ServiceException)) return undefined
  return { code: error.name, status: error.$metadata.httpStatusCode ?? 0 }
}

/** What a person has to put right, by S3's code. */
const refusals: Readonly<Record<string, string>> = {
  AccessDenied: 'access denied; the credentials do not permit it',
  AllAccessDisabled: 'access to the bucket is disabled',
  AccountProblem: 'there is a problem with the account',
  InvalidAccessKeyId: 'the access key is not known to the server',
  SignatureDoesNotMatch: 'the secret access key is wrong',
  ExpiredToken: 'the session token has expired',
  InvalidToken: 'the session token is not valid',
  TokenRefreshRequired: 'the session token has expired',
  RequestTimeTooSkewed: 'the clock of this machine differs too much from the server’s',
  AuthorizationHeaderMalformed: 'the region is wrong; set AWS_DEFAULT_REGION',
  PermanentRedirect: 'the bucket is in another region; set AWS_DEFAULT_REGION or use its endpoint',
  InvalidStorageClass: 'the server does not know this storage class',
  InvalidBucketName: 'the bucket’s name is not valid',
  CredentialsProviderError: 'no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
}

const missing = new Set(['NoSuchKey', 'NotFound', 'NoSuchVersion'])
const full = new Set(['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'EntityTooLargeForQuota'])
/** 400s that say the request was damaged or delayed on its way: worth repeating. */
const passing = new Set([
  'RequestTimeout',
  'IncompleteBody',
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'InvalidDigest',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'RequestThrottled',
  'OperationAborted',
  'ConditionalRequestConflict',
])

/** Any error of the SDK as one of ours. */
export function s3Error(error: unknown, what: S3Action): AppError {
  if (error instanceof AppError) return error
  const { action, file, location, bucket } = what
  const refuse = (reason: string) =>
    new AppError('STORAGE_DENIED', { action, file, location, reason }, { cause: error })
  if (error instanceof Error && error.name === 'CredentialsProviderError') {
    return refuse(refusals['CredentialsProviderError'] ?? error.name)
  }
  const failure = s3Failure(error)
  if (failure === undefined || !(error instanceof Error)) return connectionError(error, what)
  const { code, status } = failure
  // Where there is no bucket there is no file either; but nothing can be put there.
  if (code === 'NoSuchBucket' && action === 'write') return refuse(`the bucket ${bucket} does not exist`)
  if (code === 'NoSuchBucket' || missing.has(code)) {
    return new AppError('STORAGE_FILE_MISSING', { file, location }, { cause: error })
  }
  if (code === 'InvalidObjectState') return archivedError(error, what)
  if (full.has(code) || status === 507) return new AppError('STORAGE_FULL', { file, location }, { cause: error })
  const known = refusals[code]
  if (known !== undefined) return refuse(`${known} (${code})`)
  if (status === 401 || status === 403) return refuse(`access denied: a wrong key, or no permission (HTTP ${status})`)
  const text = `${code}: ${error.message} (HTTP ${status})`
  if (status >= 400 && status < 500 && status !== 408 && status !== 429 && !passing.has(code)) return refuse(text)
  return new AppError('STORAGE_UNREACHABLE', { action, file, location, reason: text }, { cause: error })
}

/** The reply names the class; of intelligent tiering it is the tier that says how long it takes. */
function archivedError(error: Error, { file, location }: S3Action): AppError {
  const told = error instanceof InvalidObjectState ? (error.AccessTier ?? error.StorageClass) : undefined
  const archiveClass = told ?? 'cold storage'
  const details = { file, location, archiveClass, wait: retrievalText(archiveClass) }
  return new AppError('STORAGE_ARCHIVED', details, { cause: error })
}
