import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Machine } from '../operation/machine.ts'
import { openConfiguredRepository } from '../operation/open-configured-repository.ts'
import type { LoadedConfig, PlacedProblem } from './loaded-config.ts'

/** Opens each repository once, all at the same time: which cannot be reached, is none, or has another password. */
export async function checkRepositories(
  { config, origins }: Pick<LoadedConfig, 'config' | 'origins'>,
  machine: Machine,
  ctx: Context,
): Promise<readonly PlacedProblem[]> {
  const attempts = [...config.repositories.values()].map(async (settings): Promise<PlacedProblem | undefined> => {
    try {
      await using _opened = await openConfiguredRepository(settings, machine, ctx)
      return undefined
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
      const { file, line } = origins.get(`repositories.${settings.name}.location`) ?? {}
      const place = file === undefined || line === undefined ? undefined : { file, line, column: 1 }
      return {
        path: ['repositories', settings.name],
        at: 'value',
        message: `cannot be opened: ${error.message}`,
        severity: 'error',
        ...(place === undefined ? {} : { place }),
      }
    }
  })
  return (await Promise.all(attempts)).filter((problem) => problem !== undefined)
}
