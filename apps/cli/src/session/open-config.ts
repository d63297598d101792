import type { LoadedConfig } from '@holdfast/orchestrator/config/loaded-config'
import type { Invocation } from '../command/command.ts'
import { configSurroundings } from './config-surroundings.ts'
import { findConfig } from './find-config.ts'

/**
 * The configuration that a command works with. Secrets are not looked at: they are resolved where they are used.
 * @throws AppError CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function openConfig(invocation: Pick<Invocation, 'global' | 'variables' | 'ctx'>): Promise<LoadedConfig> {
  const { global, variables, ctx } = invocation
  const { loadConfig } = await import('@holdfast/orchestrator/config/load-config')
  return loadConfig(findConfig(global, variables), configSurroundings(variables), ctx)
}
