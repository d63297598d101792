import type { Context } from '@holdfast/core/context'
import { loadCheckedConfig } from '@holdfast/orchestrator/config/load-checked-config'
import { renderProblem } from '@holdfast/orchestrator/config/render-problems'
import { showSettings } from '@holdfast/orchestrator/config/show-settings'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'
import type { ServedConfig } from './task-message.ts'

/** Fails as `loadCheckedConfig` does. */
export async function loadServedConfig(
  path: string,
  surroundings: ConfigSurroundings,
  ctx: Context,
): Promise<ServedConfig> {
  const loaded = await loadCheckedConfig(path, surroundings, ctx)
  const { files, digest, warnings } = loaded
  return {
    config: { ...loaded.config, origins: new Map() },
    files,
    digest,
    warnings: warnings.map((warning) => renderProblem(warning).trim()),
    shown: showSettings(loaded),
  }
}
