import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { initRepository } from '@holdfast/repository/open/init-repository'
import type { RepositoryConfig } from '@holdfast/repository/repository'
import type { Machine } from './machine.ts'
import { openConfiguredRepository, openConfiguredStore } from './open-configured-repository.ts'

export interface InitializedRepository {
  readonly name: string
  readonly location: string
  readonly id: string
  readonly isNew: boolean
}

/**
 * Creates the repositories of a configuration that are not there yet, and leaves the others alone. All new ones cut chunks
 * as the first one that exists, so that one reading of a source can fill all of them. Each is opened or created before the
 * next one is looked at; the first failure ends the work, and a repetition carries on.
 * @throws AppError STORAGE_…, SECRET_…, REPOSITORY_…
 */
export async function initRepositories(
  repositories: Iterable<RepositorySettings>,
  machine: Machine,
  ctx: Context,
): Promise<readonly InitializedRepository[]> {
  const found = new Map<string, RepositoryConfig>()
  const all = [...repositories]
  for (const settings of all) {
    const config = await readConfig(settings, machine, ctx)
    if (config !== undefined) found.set(settings.name, config)
  }
  let polynomial = found.values().next().value?.chunkerPolynomial
  const done: InitializedRepository[] = []
  for (const settings of all) {
    const { name, location } = settings
    const known = found.get(name)
    const { id, chunkerPolynomial } = known ?? (await create(settings, polynomial, machine, ctx))
    polynomial ??= chunkerPolynomial
    done.push({ name, location, id, isNew: known === undefined })
  }
  return done
}

/** Undefined when there is no repository. */
async function readConfig(
  settings: RepositorySettings,
  machine: Machine,
  ctx: Context,
): Promise<RepositoryConfig | undefined> {
  try {
    await using opened = await openConfiguredRepository(settings, machine, ctx)
    return opened.repository.config
  } catch (error) {
    if (isAppError(error, 'REPOSITORY_MISSING')) return undefined
    throw error
  }
}

async function create(
  settings: RepositorySettings,
  chunkerPolynomial: bigint | undefined,
  machine: Machine,
  ctx: Context,
): Promise<RepositoryConfig> {
  await using backend = await openConfiguredStore(settings, machine, ctx)
  const password = await machine.resolveSecret(settings.password, ctx)
  const polynomial = chunkerPolynomial === undefined ? {} : { chunkerPolynomial }
  const { config } = await initRepository(backend, password, { ...polynomial, identity: machine.identity }, ctx)
  return config
}
