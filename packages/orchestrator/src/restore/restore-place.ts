import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'

/** Where a server may restore to. */
export interface AllowedPlaces {
  /** absolute directories (`server.restoreTo`) */
  readonly restoreTo: readonly string[]
}

/**
 * The absolute path of a directory to restore to: strictly below one that is allowed, however it is written and whatever
 * symbolic links lead there. It need not exist. Links may be changed between a plan and its execution, so that this is to
 * be asked again right before something is written. Fails with RESTORE_NOT_ALLOWED, RESTORE_TARGET_FORBIDDEN.
 */
export async function allowedPlace(wanted: string, { restoreTo }: AllowedPlaces): Promise<string> {
  const [first] = restoreTo
  if (first === undefined)
    throw new AppError('RESTORE_NOT_ALLOWED', { place: 'directory', setting: 'server.restoreTo' })
  const forbidden = (reason: string): AppError =>
    new AppError('RESTORE_TARGET_FORBIDDEN', {
      target: JSON.stringify(wanted),
      reason,
      allowed: restoreTo.join(', '),
    })
  // not tidied up: who writes such a path means something else than a place to restore to
  if (wanted.includes('\0') || wanted.split('/').some((name) => name === '..' || name === '.')) {
    throw forbidden('the path holds names that are none')
  }
  const path = isAbsolute(wanted) ? join(wanted) : join(first, wanted)
  const written = path.endsWith(sep) ? path.slice(0, -1) : path
  const root = restoreTo.find((each) => isBelow(written, each))
  if (root === undefined) throw forbidden('it lies outside of what the configuration allows')
  const real = await realPlace(written)
  if (real === undefined) throw forbidden('a symbolic link on its way leads nowhere')
  if (!isBelow(real, await realRoot(root))) throw forbidden('a symbolic link on its way leads out of there')
  return written
}

/** What is restored to where it came from: the place itself may be an allowed directory. */
export async function allowedOriginal(path: string, places: AllowedPlaces): Promise<string> {
  const root = places.restoreTo.find((each) => trimmed(each) === trimmed(path))
  if (root === undefined) return await allowedPlace(path, places)
  return trimmed(path)
}

function trimmed(path: string): string {
  return join(path).replace(/(?<=.)\/$/, '')
}

function isBelow(path: string, root: string): boolean {
  const way = relative(root, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

async function realRoot(root: string): Promise<string> {
  return (await realPlace(root)) ?? root
}

/** With all links followed, as far as there is something; undefined for a link to nothing, which would be followed later. */
async function realPlace(path: string): Promise<string | undefined> {
  const missing: string[] = []
  for (let at = path; ; at = dirname(at)) {
    const real = await realpath(at).catch(() => undefined)
    if (real !== undefined) return join(real, ...missing)
    const isThere = await lstat(at).then(
      () => true,
      () => false,
    )
    if (isThere || at === dirname(at)) return undefined
    missing.unshift(at.slice(dirname(at).length).replace(/^\//, ''))
  }
}
