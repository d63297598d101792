import { stat } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import type { ServedConfig } from './task/task-message.ts'

/** clocks of this machine and of its files differ by less */
const clockMarginMs = 1_000

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
    const beganMs = own.now().getTime() - clockMarginMs
    const next = await read(own)
    const known = [...before].filter(([file]) => next.files.includes(file))
    const found = next.files.filter((file) => !before.has(file))
    // one that may have been written meanwhile has no stamp: it is read once more
    seen = new Map([...known, ...(await stampsOf(found, beganMs))])
    return next
  }
  let current = await readAfter([path], ctx)
  const reload = async (own: Context): Promise<'changed' | 'unchanged'> => {
    const next = await readAfter(current.files, own)
    if (next.digest === current.digest) {
      // the old object stays: who compares by identity sees that nothing has changed; what is included is in no digest
      current = { ...current, files: next.files, warnings: next.warnings }
      return 'unchanged'
    }
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

/** @param untilMs without those that are gone or have been changed since */
async function stampsOf(files: readonly string[], untilMs = Infinity): Promise<Stamps> {
  const stamps = files.map(async (file) => {
    const info = await stat(file).catch(() => undefined)
    // not mtime, which moving a file into place does not change
    if (untilMs < Infinity && (info === undefined || info.ctimeMs >= untilMs)) return []
    return [[file, info === undefined ? 'gone' : `${info.ino} ${info.size} ${info.mtimeMs}`] as const]
  })
  return new Map((await Promise.all(stamps)).flat())
}
