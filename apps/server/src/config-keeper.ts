import { stat } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import type { ServedConfig } from './task/task-message.ts'

/** The configuration in force. A file that does not hold never replaces one that does. */
export interface ConfigKeeper {
  current(): ServedConfig
  /** Reads the files again. Fails as reading does; then everything is as before. */
  reload(ctx: Context): Promise<'changed' | 'unchanged'>
  /** The same, if a file has been touched since it was read; undefined when none was. */
  reloadIfTouched(ctx: Context): Promise<'changed' | 'unchanged' | undefined>
}

/** @param read reads the file and what it includes. Fails as it does. */
export async function keepConfig(
  path: string,
  read: (ctx: Context) => Promise<ServedConfig>,
  ctx: Context,
): Promise<ConfigKeeper> {
  let seen: Stamps = new Map()
  const readAfter = async (files: readonly string[], own: Context): Promise<ServedConfig> => {
    // looked at before: what is written while they are read is seen the next time
    const before = await stampsOf(files)
    const next = await read(own)
    seen = new Map([...(await stampsOf(next.files)), ...[...before].filter(([file]) => next.files.includes(file))])
    return next
  }
  let current = await readAfter([path], ctx)
  const reload = async (own: Context): Promise<'changed' | 'unchanged'> => {
    const next = await readAfter(current.files, own)
    // the old object stays: who compares by identity sees that nothing has changed
    if (next.digest === current.digest) return 'unchanged'
    current = next
    return 'changed'
  }
  return {
    current: () => current,
    reload,
    async reloadIfTouched(own) {
      const stamps = await stampsOf(current.files)
      if ([...stamps].every(([file, stamp]) => seen.get(file) === stamp)) return undefined
      // one attempt for each touch: a file that does not hold is told once
      seen = stamps
      return await reload(own)
    },
  }
}

/** Of each file what changes when it is written or replaced. */
type Stamps = ReadonlyMap<string, string>

async function stampsOf(files: readonly string[]): Promise<Stamps> {
  const stamps = files.map(async (file) => {
    const info = await stat(file).catch(() => undefined)
    return [file, info === undefined ? 'gone' : `${info.ino} ${info.size} ${info.mtimeMs}`] as const
  })
  return new Map(await Promise.all(stamps))
}
