import { AppError } from '@holdfast/core/errors/app-error'
import { nearestName } from '@holdfast/core/text/nearest-name'
import { parseDurationMs } from '@holdfast/core/units/duration'
import type { RestOptions, S3Options, StorageOptions } from '@holdfast/storage/storage-options'

/** The keys of storage settings (`-o` on the command line, `options` in the configuration), with what they mean. */
export const storageSettings = {
  's3.connections': 'requests at once',
  's3.storage-class': 'storage class for packs of file data',
  's3.bucket-lookup': 'auto, dns or path',
  's3.region': 'region of the bucket',
  's3.sse': 'server-side encryption: AES256 or aws:kms',
  's3.sse-kms-key-id': 'key for aws:kms',
  's3.object-lock-mode': 'GOVERNANCE or COMPLIANCE',
  's3.object-lock-retain': 'how long new files are locked, such as 30d',
  'rest.connections': 'requests at once',
  'local.connections': 'files at once',
} as const

type Key = keyof typeof storageSettings
type Settings = ReadonlyMap<string, string>

export interface StorageRequest {
  /** of the location */
  readonly kind: string
  readonly settings: Settings
  /** what the settings are called in errors: "-o" */
  readonly label: string
  /** credentials, named as the environment variables are */
  variable(name: string): string | undefined
  readonly uploadBytesPerSecond?: number
  readonly downloadBytesPerSecond?: number
  readonly caFile?: string
  readonly clientCertFile?: string
  readonly insecureTls?: boolean
}

/** How a store is to be reached. Fails with ARGUMENT_INVALID, OPTION_UNKNOWN. */
export function readStorageSettings(request: StorageRequest): StorageOptions {
  const { kind, settings, uploadBytesPerSecond, downloadBytesPerSecond } = request
  for (const key of settings.keys()) refuseUnknown(key, request)
  const key = connectionKeys[kind]
  const connections = key === undefined ? undefined : settings.get(key)
  return {
    ...(connections === undefined ? {} : { connections: readConnections(connections, `${request.label} ${key}`) }),
    ...defined({ uploadBytesPerSecond, downloadBytesPerSecond }),
    ...(kind === 's3' ? { s3: readS3(request) } : {}),
    ...(kind === 'rest' ? { rest: readRest(request) } : {}),
  }
}

const connectionKeys: Readonly<Record<string, Key>> = {
  s3: 's3.connections',
  rest: 'rest.connections',
  local: 'local.connections',
}

function readS3(request: StorageRequest): S3Options {
  const { settings, variable, caFile } = request
  const found = {
    accessKeyId: variable('AWS_ACCESS_KEY_ID'),
    secretAccessKey: variable('AWS_SECRET_ACCESS_KEY'),
    sessionToken: variable('AWS_SESSION_TOKEN'),
    region: settings.get('s3.region') ?? firstOf(variable, ['AWS_REGION', 'AWS_DEFAULT_REGION']),
    storageClass: settings.get('s3.storage-class'),
    pathStyle: chosen(request, 's3.bucket-lookup', ['auto', 'dns', 'path']),
    serverSideEncryption: chosen(request, 's3.sse', ['AES256', 'aws:kms']),
    sseKmsKeyId: settings.get('s3.sse-kms-key-id'),
    objectLock: readObjectLock(request),
    caFile,
  }
  return defined(found)
}

function readObjectLock(request: StorageRequest): S3Options['objectLock'] | undefined {
  const mode = chosen(request, 's3.object-lock-mode', ['GOVERNANCE', 'COMPLIANCE'])
  const retain = request.settings.get('s3.object-lock-retain')
  if (mode === undefined && retain === undefined) return undefined
  if (mode === undefined || retain === undefined) {
    const reason = 's3.object-lock-mode and s3.object-lock-retain belong together'
    throw invalid(request.label, 's3.object-lock-…', reason)
  }
  return { mode, retainForMs: parseDurationMs(retain, `${request.label} s3.object-lock-retain`) }
}

function readRest({ variable, caFile, clientCertFile, insecureTls }: StorageRequest): RestOptions {
  return defined({
    username: firstOf(variable, ['HOLDFAST_REST_USERNAME', 'RESTIC_REST_USERNAME']),
    password: firstOf(variable, ['HOLDFAST_REST_PASSWORD', 'RESTIC_REST_PASSWORD']),
    caFile,
    clientCertFile,
    insecureTls: insecureTls === true ? true : undefined,
  })
}

function firstOf(variable: StorageRequest['variable'], names: readonly string[]): string | undefined {
  return names.map((name) => variable(name)).find((value) => value !== undefined && value !== '')
}

function readConnections(text: string, label: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value
  throw invalid(label, text, 'it must be a whole number of at least 1')
}

function chosen<Word extends string>(
  { settings, label }: StorageRequest,
  key: Key,
  words: readonly Word[],
): Word | undefined {
  const value = settings.get(key)
  const word = words.find((each) => each === value)
  if (value !== undefined && word === undefined) {
    throw invalid(`${label} ${key}`, value, `it must be one of ${words.join(', ')}`)
  }
  return word
}

function refuseUnknown(key: string, { label }: StorageRequest): void {
  const known = Object.keys(storageSettings)
  if (known.includes(key)) return
  const nearest = nearestName(key, known)
  const suggestion = nearest === undefined ? `Known settings: ${known.join(', ')}.` : `Did you mean ${nearest}?`
  throw new AppError('OPTION_UNKNOWN', { option: `${label} ${key}`, suggestion })
}

function invalid(name: string, value: string, reason: string): AppError {
  return new AppError('ARGUMENT_INVALID', { name, value: JSON.stringify(value), reason })
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  // Boundary: what is left after dropping the undefined fields is what the type says.
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  ) as Defined<Fields>
}
