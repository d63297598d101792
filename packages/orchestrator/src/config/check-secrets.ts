import { stat } from 'node:fs/promises'
import { type FoundSecret, listSecrets } from '@holdfast/core/config/secret-path'
import { pathText } from '@holdfast/core/config/config-problem'
import type { SecretReference } from '@holdfast/core/config/secret-reference'
import { mapAt, type Setting } from '@holdfast/core/config/setting'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { LoadedConfig, PlacedProblem } from './loaded-config.ts'
import { resolveSecret } from './resolve-secret.ts'
import type { ConfigSurroundings } from './surroundings.ts'

/**
 * Secrets that are not where the configuration says, and files that everybody on this machine can read (a warning).
 * Those of a source with an agent are on the agent's machine, and not looked for here.
 * Commands are started only when asked for: they may take time, or ask someone.
 */
export async function checkSecrets(
  loaded: Pick<LoadedConfig, 'settings' | 'origins'>,
  surroundings: ConfigSurroundings,
  { commands }: { readonly commands: boolean },
  ctx: Context,
): Promise<readonly PlacedProblem[]> {
  const problems: PlacedProblem[] = []
  for (const secret of listSecrets(loaded.settings)) {
    const reference = readReference(secret)
    if (('command' in reference && !commands) || isOfAgent(secret, loaded)) continue
    const place = placeOf(secret, loaded)
    const problem = (message: string, severity: 'error' | 'warning'): PlacedProblem => ({
      path: secret.path,
      at: 'value',
      message,
      severity,
      ...(place === undefined ? {} : { place }),
    })
    try {
      await resolveSecret(reference, surroundings, ctx)
      if ('file' in reference && (await isWorldReadable(reference.file))) {
        problems.push(problem(`everybody on this machine can read ${reference.file}: chmod o-r it`, 'warning'))
      }
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
      problems.push(problem(error.message, 'error'))
    }
  }
  return problems
}

function isOfAgent({ path }: FoundSecret, { settings }: Pick<LoadedConfig, 'settings'>): boolean {
  const [section, name = ''] = path
  return section === 'sources' && 'agent' in mapAt(mapAt(settings, 'sources'), String(name))
}

/** Pipes of the shell (<(…)) and the like have no permissions that mean anything. */
async function isWorldReadable(path: string): Promise<boolean> {
  const found = await stat(path)
  return found.isFile() && (found.mode & 0o004) !== 0
}

function placeOf({ path }: FoundSecret, { origins }: Pick<LoadedConfig, 'origins'>): PlacedProblem['place'] {
  const prefix = `${pathText(path)}.`
  const [, origin] = [...origins].find(([each]) => each.startsWith(prefix)) ?? []
  if (origin?.file === undefined || origin.line === undefined) return undefined
  return { file: origin.file, line: origin.line, column: 1 }
}

function readReference({ reference }: FoundSecret): SecretReference {
  const { env, file, command, text } = reference
  if (typeof env === 'string') return { env }
  if (typeof file === 'string') return { file }
  if (Array.isArray(command))
    return { command: (command as readonly Setting[]).filter((word) => typeof word === 'string') }
  return { text: typeof text === 'string' ? text : '' }
}
