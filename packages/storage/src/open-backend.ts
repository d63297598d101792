import { readFile } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend } from './backend.ts'
import { withConnectionLimit } from './decorate/with-connection-limit.ts'
import { withRateLimit } from './decorate/with-rate-limit.ts'
import { withRetry } from './decorate/with-retry.ts'
import { throwIfInterrupted } from './interruption.ts'
import { createLocalBackend } from './local/local-backend.ts'
import type { Location, RestLocation, S3Location } from './location.ts'
import { createMemoryBackend } from './memory/memory-backend.ts'
import type { StorageOptions } from './storage-options.ts'

/**
 * A backend for a location, with limits as asked for and, for remote stores, retries. Nothing is sent yet: a wrong
 * address shows at the first call. The cache is added with `withCache` by whoever has read the repository's id. The
 * modules for remote stores are loaded only when needed, so that a local repository opens quickly.
 */
export async function openBackend(location: Location, options: StorageOptions, ctx: Context): Promise<Backend> {
  throwIfInterrupted(ctx)
  const store = await openStore(location, options)
  const limited = limitConnections(limitRate(store, options), options, location)
  // A local disk answers at once or needs someone to act; waiting for minutes would only hide that.
  return location.kind === 's3' || location.kind === 'rest' ? withRetry(limited) : limited
}

async function openStore(location: Location, options: StorageOptions): Promise<Backend> {
  switch (location.kind) {
    case 'local':
      return createLocalBackend(location.path)
    case 'memory':
      return createMemoryBackend(location.name)
    case 'rest':
      return await openRest(location, options)
    case 's3':
      return await openS3(location, options)
  }
}

async function openRest(location: RestLocation, { rest = {}, connections }: StorageOptions): Promise<Backend> {
  const { createRestBackend } = await import('./rest/rest-backend.ts')
  const { username, password, caFile, clientCertFile, insecureTls } = rest
  const user = location.username === undefined ? { username, password } : location
  return createRestBackend({
    location,
    ...(user.username === undefined ? {} : { username: user.username, password: user.password ?? '' }),
    ...(caFile === undefined ? {} : { ca: await readPem('the CA file', caFile) }),
    ...(clientCertFile === undefined ? {} : { clientCert: await readPem('the client certificate', clientCertFile) }),
    ...(insecureTls === undefined ? {} : { insecureTls }),
    ...(connections === undefined ? {} : { connections }),
  })
}

async function openS3(location: S3Location, { s3 = {}, connections }: StorageOptions): Promise<Backend> {
  const { createS3Backend } = await import('./s3/s3-backend.ts')
  return createS3Backend({
    ...s3,
    location,
    ...(s3.caFile === undefined ? {} : { ca: await readPem('the CA file', s3.caFile) }),
    ...(connections === undefined ? {} : { connections }),
  })
}

async function readPem(name: string, path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppError('ARGUMENT_INVALID', { name, value: path, reason }, { cause: error })
  }
  if (!text.includes('-----BEGIN ')) {
    throw new AppError('ARGUMENT_INVALID', { name, value: path, reason: 'it holds nothing in PEM format' })
  }
  return text
}

function limitRate(backend: Backend, options: StorageOptions): Backend {
  const { uploadBytesPerSecond, downloadBytesPerSecond } = options
  if (uploadBytesPerSecond === undefined && downloadBytesPerSecond === undefined) return backend
  return withRateLimit(backend, {
    ...(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond }),
    ...(downloadBytesPerSecond === undefined ? {} : { downloadBytesPerSecond }),
  })
}

function limitConnections(backend: Backend, { connections }: StorageOptions, location: Location): Backend {
  const remote = location.kind === 's3' || location.kind === 'rest'
  const limit = connections ?? (remote ? backend.traits.connections : undefined)
  return limit === undefined ? backend : withConnectionLimit(backend, limit)
}
