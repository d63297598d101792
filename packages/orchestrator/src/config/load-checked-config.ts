import type { Context } from '@holdfast/core/context'
import { checkSecrets } from './check-secrets.ts'
import { invalidConfig, loadConfig } from './load-config.ts'
import type { LoadedConfig } from './loaded-config.ts'
import type { ConfigSurroundings } from './surroundings.ts'

/**
 * The same as `loadConfig` for whoever will run with it: variables and files that hold secrets must be there, too.
 * Commands that print secrets are not started, because some ask a person.
 * @throws AppError as `loadConfig` does
 */
export async function loadCheckedConfig(
  path: string,
  surroundings: ConfigSurroundings,
  ctx: Context,
): Promise<LoadedConfig> {
  const loaded = await loadConfig(path, surroundings, ctx)
  const problems = await checkSecrets(loaded, surroundings, { commands: false }, ctx)
  if (problems.some(({ severity }) => severity === 'error')) throw invalidConfig(path, problems)
  const { config, settings, files, digest, warnings } = loaded
  return {
    config,
    settings,
    get origins() {
      return loaded.origins
    },
    files,
    digest,
    warnings: [...warnings, ...problems],
  }
}
