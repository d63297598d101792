import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import type { Backend } from '@holdfast/storage/backend'
import { parseLocation } from '@holdfast/storage/location'
import { openBackend } from '@holdfast/storage/open-backend'
import type { Machine } from './machine.ts'
import { readStorageSettings } from './storage-settings.ts'

export interface OpenedRepository extends AsyncDisposable {
  readonly repository: Repository
}

/**
 * Opens a repository of the configuration; not locked. Variables that the configuration does not give are those of the
 * process. Fails with REPOSITORY_…, STORAGE_…, SECRET_…
 */
export async function openConfiguredRepository(
  settings: RepositorySettings,
  machine: Machine,
  ctx: Context,
): Promise<OpenedRepository> {
  await using stack = new AsyncDisposableStack()
  const backend = stack.use(await openConfiguredStore(settings, machine, ctx))
  const password = await machine.resolveSecret(settings.password, ctx)
  const repository = await cached(await openRepository(backend, password, {}, ctx), machine)
  const open = stack.move()
  return { repository, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** The store of a repository, which need not exist yet. */
export async function openConfiguredStore(
  settings: RepositorySettings,
  machine: Machine,
  ctx: Context,
): Promise<Backend> {
  const variables = new Map<string, string>()
  for (const [name, reference] of settings.variables) variables.set(name, await machine.resolveSecret(reference, ctx))
  const location = parseLocation(settings.location)
  const { uploadBytesPerSecond, downloadBytesPerSecond } = settings.limits
  const options = readStorageSettings({
    kind: location.kind,
    settings: settings.options,
    label: `repositories.${settings.name}.options:`,
    variable: (name) => variables.get(name) ?? machine.variable(name),
    ...(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond }),
    ...(downloadBytesPerSecond === undefined ? {} : { downloadBytesPerSecond }),
  })
  return await openBackend(location, options, ctx)
}

/** A repository on a local disk is as quick as its cache would be. */
async function cached(repository: Repository, { cacheDirectory }: Machine): Promise<Repository> {
  const { backend, config } = repository
  const isRemote = backend.location.startsWith('s3:') || backend.location.startsWith('rest:')
  if (cacheDirectory === undefined || !isRemote) return repository
  const { withCache } = await import('@holdfast/storage/decorate/with-cache')
  return { ...repository, backend: withCache(backend, { cacheDirectory, repositoryId: config.id }) }
}
