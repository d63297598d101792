import { stat } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'
import { doInProcess } from './task/do-in-process.ts'
import type { ServedConfig } from './task/task-message.ts'

/** The configuration in force. A file that does not hold never replaces one that does. */
export interface ConfigKeeper {
  current(): ServedConfig
  /** Reads the files again. Fails as `loadConfig` does; then everything is as before. */
  reload(ctx: Context): Promise<'changed' | 'unchanged'>
  /** The same, if a file has been touched since it was read; undefined when none was. */
  reloadIfTouched(ctx: Context): Promise<'changed' | 'unchanged' | undefined>
}

/** Each time it is read by a process of its own, since nothing else needs YAML and schemas. Fails as `loadConfig` does. */
export async function keepConfig(path: string, surroundings: ConfigSurroundings, ctx: Context): Promise<ConfigKeeper> {
  const { variables: _environment, ...rest } = surroundings
  const read = (own: Context): Promise<ServedConfig> =>
    doInProcess({ type: 'load-config', path, surroundings: rest }, own)
  let current = await read(ctx)
  let seen = await stampOf(current.files)
  const reload = async (own: Context): Promise<'changed' | 'unchanged'> => {
    const next = await read(own)
    seen = await stampOf(next.files)
    // the old object stays: who compares by identity sees that nothing has changed
    if (next.digest === current.digest) return 'unchanged'
    current = next
    return 'changed'
  }
  return {
    current: () => current,
    reload,
    async reloadIfTouched(own) {
      const stamp = await stampOf(current.files)
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
