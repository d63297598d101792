import { isAbsolute, relative } from 'node:path'
import type { ConfigProblem } from '@holdfast/core/config/config-problem'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { isAppError } from '@holdfast/core/errors/app-error'
import { parseLocation } from '@holdfast/storage/location'

/**
 * Places that restores over the API may write to, and that hold a repository or lie in one: a restore there could write
 * over backups, also over that from which it restores.
 */
export function checkRestorePlaces({ repositories, server: { restoreTo } }: EffectiveConfig): ConfigProblem[] {
  const kept = [...repositories.values()].flatMap(({ name, location }) => {
    const path = localPath(location)
    return path === undefined ? [] : [{ name, path }]
  })
  return restoreTo.flatMap((place, at) =>
    kept
      .filter(({ path }) => holds(place, path) || holds(path, place))
      .map(({ name, path }): ConfigProblem => ({
        path: ['server', 'restoreTo', at],
        at: 'value',
        message: `what is restored to ${place} could be written over the repository ${name} in ${path}: name a directory beside it`,
        severity: 'error',
      })),
  )
}

/** Locations that nothing can be opened with are told of elsewhere. */
function localPath(location: string): string | undefined {
  try {
    const parsed = parseLocation(location)
    return parsed.kind === 'local' ? parsed.path : undefined
  } catch (error) {
    if (isAppError(error)) return undefined
    throw error
  }
}

function holds(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way)
}
