import { stat } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { loadConfig } from '@holdfast/orchestrator/config/load-config'
import type { LoadedConfig } from '@holdfast/orchestrator/config/loaded-config'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'

/** The configuration in force. A file that does not hold never replaces one that does. */
export interface ConfigKeeper {
  current(): LoadedConfig
  /** Reads the files again. Fails as `loadConfig` does; then everything is as before. */
  reload(ctx: Context): Promise<'changed' | 'unchanged'>
  /** The same, if a file has been touched since it was read; undefined when none was. */
  reloadIfTouched(ctx: Context): Promise<'changed' | 'unchanged' | undefined>
}

export async function keepConfig(path: string, surroundings: ConfigSurroundings, ctx: Context): Promise<ConfigKeeper> {
  let loaded = await loadConfig(path, surroundings, ctx)
  let seen = await stampOf(loaded.files)
  const reload = async (own: Context): Promise<'changed' | 'unchanged'> => {
    const next = await loadConfig(path, surroundings, own)
    seen = await stampOf(next.files)
    const isSame = next.digest === loaded.digest
    // the old object stays: who compares by identity sees that nothing has changed
    if (isSame) return 'unchanged'
    loaded = next
    return 'changed'
  }
  return {
    current: () => loaded,
    reload,
    async reloadIfTouched(own) {
      const stamp = await stampOf(loaded.files)
      if (stamp === seen) return undefined
      // one attempt for each touch: a file that does not hold is told once
      seen = stamp
      return await reload(own)
    },
  }
}

/** Changes when any file was written or replaced. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map(async (file) => {
      const info = await stat(file).catch(() => undefined)
      return info === undefined ? 'gone' : `${info.ino} ${info.size} ${info.mtimeMs}`
    }),
  )
  return stamps.join('\n')
}
