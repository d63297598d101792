import { readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Invocation } from '../command/command.ts'
import { programVersion } from '../command/version.ts'
import { configSurroundings } from './config-surroundings.ts'
import { findConfig } from './find-config.ts'
import { openConfig } from './open-config.ts'

/**
 * The effective configuration, from what an earlier command made of the same files if it can be: a second less for a
 * thousand sources. Without origins; who needs those uses `openConfig`.
 * @throws AppError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function openKnownConfig(
  invocation: Pick<Invocation, 'global' | 'variables' | 'ctx'>,
): Promise<EffectiveConfig> {
  const { global, variables, ctx } = invocation
  if (global.noCache) return (await openConfig(invocation)).config
  const directory = global.cacheDir ?? join(variables('XDG_CACHE_HOME') || join(homedir(), '.cache'), 'holdfast')
  const { loadKnownConfig } = await import('@holdfast/orchestrator/config/load-known-config')
  const cache = { directory, programStamp: programStamp() }
  return await loadKnownConfig(findConfig(global, variables), configSurroundings(variables), cache, ctx)
}

/** Of the code that reads configurations: its version, and when its files were changed last. */
function programStamp(): string {
  const modules = ['@holdfast/core/config/setting', '@holdfast/orchestrator/config/load-config']
  const folders = modules.map((name) => dirname(fileURLToPath(import.meta.resolve(name))))
  // one after the other: a hundred small questions cost more in threads
  const changes = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)).mtimeMs),
  )
  return `${programVersion()} ${process.version} ${Math.max(...changes)}`
}
