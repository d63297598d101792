import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import type { Machine } from './machine.ts'
import { openConfiguredRepository, type OpenedRepository } from './open-configured-repository.ts'

/** The repositories of a configuration, each opened when it is first wanted (trying its password takes half a second). */
export interface RepositoryPool extends AsyncDisposable {
  /** Fails with REPOSITORY_…, STORAGE_…, SECRET_…; the next call tries again. */
  open(name: string, ctx: Context): Promise<Repository>
}

export function createRepositoryPool(
  repositories: ReadonlyMap<string, RepositorySettings>,
  machine: Machine,
): RepositoryPool {
  const opened = new Map<string, Promise<OpenedRepository>>()
  return {
    async open(name, ctx) {
      const settings = repositories.get(name)
      if (settings === undefined) throw new Error(`no repository ${name} in the configuration`)
      let opening = opened.get(name)
      if (opening === undefined) {
        opening = openConfiguredRepository(settings, machine, ctx)
        opened.set(name, opening)
        opening.catch(() => opened.delete(name))
      }
      return (await opening).repository
    },
    async [Symbol.asyncDispose]() {
      for (const opening of opened.values()) await (await opening.catch(() => undefined))?.[Symbol.asyncDispose]()
      opened.clear()
    },
  }
}
