import { AppError } from '@holdfast/core/errors/app-error'
import { parseDurationMs } from '@holdfast/core/units/duration'
import type { RestOptions, S3Options, StorageOptions } from '@holdfast/storage/storage-options'
import { nearestName } from '../argument/nearest-name.ts'
import { invalidArgument, type Variables } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import { firstVariable } from './environment-variable.ts'
import type { GlobalValues } from './global-option.ts'

/** The keys of -o, with what they mean. */
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

/** How the store is to be reached, from the global options and the environment. Fails with ARGUMENT_INVALID. */
export function readStorageSettings(kind: string, global: GlobalValues, variables: Variables): StorageOptions {
  for (const [key] of global.option) refuseUnknown(key)
  const settings: Settings = new Map(global.option)
  const connections = setting(settings, connectionKeys[kind])
  return {
    ...(connections === undefined ? {} : { connections: readWhole(1)(connections, `-o ${kind}.connections`) }),
    ...(global.limitUpload === undefined ? {} : { uploadBytesPerSecond: global.limitUpload * 1024 }),
    ...(global.limitDownload === undefined ? {} : { downloadBytesPerSecond: global.limitDownload * 1024 }),
    ...(kind === 's3' ? { s3: readS3(settings, global, variables) } : {}),
    ...(kind === 'rest' ? { rest: readRest(global, variables) } : {}),
  }
}

const connectionKeys: Readonly<Record<string, Key>> = {
  s3: 's3.connections',
  rest: 'rest.connections',
  local: 'local.connections',
}

function readS3(settings: Settings, global: GlobalValues, variables: Variables): S3Options {
  const found = {
    accessKeyId: variables('AWS_ACCESS_KEY_ID'),
    secretAccessKey: variables('AWS_SECRET_ACCESS_KEY'),
    sessionToken: variables('AWS_SESSION_TOKEN'),
    region: setting(settings, 's3.region') ?? firstVariable(variables, ['AWS_REGION', 'AWS_DEFAULT_REGION'])?.value,
    storageClass: setting(settings, 's3.storage-class'),
    pathStyle: chosen(settings, 's3.bucket-lookup', ['auto', 'dns', 'path']),
    serverSideEncryption: chosen(settings, 's3.sse', ['AES256', 'aws:kms']),
    sseKmsKeyId: setting(settings, 's3.sse-kms-key-id'),
    objectLock: readObjectLock(settings),
    caFile: global.cacert,
  }
  return defined(found)
}

function readObjectLock(settings: Settings): S3Options['objectLock'] | undefined {
  const mode = chosen(settings, 's3.object-lock-mode', ['GOVERNANCE', 'COMPLIANCE'])
  const retain = setting(settings, 's3.object-lock-retain')
  if (mode === undefined && retain === undefined) return undefined
  if (mode === undefined || retain === undefined) {
    throw invalidArgument('-o', 's3.object-lock-…', 's3.object-lock-mode and s3.object-lock-retain belong together')
  }
  return { mode, retainForMs: parseDurationMs(retain, '-o s3.object-lock-retain') }
}

function readRest(global: GlobalValues, variables: Variables): RestOptions {
  return defined({
    username: firstVariable(variables, ['HOLDFAST_REST_USERNAME', 'RESTIC_REST_USERNAME'])?.value,
    password: firstVariable(variables, ['HOLDFAST_REST_PASSWORD', 'RESTIC_REST_PASSWORD'])?.value,
    caFile: global.cacert,
    clientCertFile: global.tlsClientCert,
    insecureTls: global.insecureTls ? true : undefined,
  })
}

function setting(settings: Settings, key: Key | undefined): string | undefined {
  return key === undefined ? undefined : settings.get(key)
}

function chosen<Word extends string>(settings: Settings, key: Key, words: readonly Word[]): Word | undefined {
  const value = setting(settings, key)
  const word = words.find((each) => each === value)
  if (value !== undefined && word === undefined) {
    throw invalidArgument(`-o ${key}`, value, `it must be one of ${words.join(', ')}`)
  }
  return word
}

function refuseUnknown(key: string): void {
  const known = Object.keys(storageSettings)
  if (known.includes(key)) return
  const nearest = nearestName(key, known)
  const suggestion = nearest === undefined ? `Known settings: ${known.join(', ')}.` : `Did you mean ${nearest}?`
  throw new AppError('OPTION_UNKNOWN', { option: `-o ${key}`, suggestion })
}

type Defined<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  // Boundary: what is left after dropping the undefined fields is what the type says.
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
  ) as Defined<Fields>
}
