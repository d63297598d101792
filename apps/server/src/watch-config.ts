import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { ConfigKeeper } from './config-keeper.ts'
import { repeat } from './repeat.ts'
import type { ServerLog } from './server-log.ts'
import { toldOnce } from './told-once.ts'

export interface ConfigWatch {
  /** Reads the configuration again, touched or not. */
  now(): void
  readonly over: Promise<void>
}

export interface ConfigReaderSurroundings {
  readonly log: ServerLog
  readonly catalogue: Pick<Catalogue, 'marks'>
  /** another configuration is in force */
  changed(ctx: Context): Promise<void>
  /** findings may be others now */
  look(): void
}

/**
 * Reads the configuration again: `touched`: only if a file has been. What does not hold is told, in the log and by the
 * mark `config/error`, changes nothing, and fails with CONFIG_…
 */
export type ConfigReader = (when: 'touched' | 'now', ctx: Context) => Promise<'changed' | 'unchanged' | undefined>

export function createConfigReader(keeper: ConfigKeeper, given: ConfigReaderSurroundings): ConfigReader {
  const { log } = given
  const notes = createNotes(given)
  return async (when, own) => {
    const before = keeper.current().config
    let outcome: 'changed' | 'unchanged' | undefined
    try {
      outcome = when === 'now' ? await keeper.reload(own) : await keeper.reloadIfTouched(own)
    } catch (error) {
      if (!isAppError(error) || own.signal.aborted) throw error
      log.failure('the configuration stays as it was', error)
      await notes.note({ at: own.now().toISOString(), message: error.message })
      throw error
    }
    if (outcome === undefined) {
      await notes.again()
      return undefined
    }
    if (outcome === 'changed') await given.changed(own)
    const { config, warnings } = keeper.current()
    for (const warning of warnings) log.write('warning', warning)
    log.write(
      'info',
      outcome === 'changed'
        ? 'the configuration was read again and holds from now on'
        : 'the configuration has not changed',
    )
    if (fixedPart(before) !== fixedPart(config)) {
      log.write('warning', 'the catalogue, the address and who may ask there are changed by a restart only')
    }
    await notes.note(undefined)
    return outcome
  }
}

/** Why the files do not hold, for the finding; undefined: they do. */
type ConfigNote = { readonly at: string; readonly message: string } | undefined

/** Writes into the catalogue what became of the files. It may be away: then later, since nobody touches them again for it. */
function createNotes({ log, catalogue: { marks }, look }: ConfigReaderSurroundings) {
  let newest: ConfigNote
  let isOwed = false
  let isTold = false
  const again = async (): Promise<void> => {
    if (!isOwed) return
    try {
      if (newest === undefined) await marks.remove('config/error')
      else await marks.set('config/error', JSON.stringify(newest))
      isOwed = false
      isTold = false
    } catch (error) {
      if (!isAppError(error)) throw error
      if (!isTold) log.failure('how the configuration stands is noted later', error)
      isTold = true
    }
    look()
  }
  return {
    again,
    async note(found: ConfigNote): Promise<void> {
      newest = found
      isOwed = true
      await again()
    },
  }
}

/** What a server keeps as it was when it was started. */
function fixedPart({ catalogue, server }: EffectiveConfig): string {
  const { listen, auth, tls, behindProxy, metrics } = server
  return JSON.stringify([catalogue, listen, auth, tls, behindProxy, metrics])
}

/** Reads the configuration again when it has been touched. */
export function watchConfig(
  keeper: ConfigKeeper,
  { reader, log }: { readonly reader: ConfigReader; readonly log: ServerLog },
  ctx: Context,
): ConfigWatch {
  let isWanted = false
  const read = async (own: Context): Promise<void> => {
    const when = isWanted ? 'now' : 'touched'
    isWanted = false
    await reader(when, own).catch((error: unknown) => {
      // told by the reader
      if (!isAppError(error) || own.signal.aborted) throw error
    })
  }
  const { soon, over } = repeat(
    () => keeper.current().config.server.reloadEveryMs,
    read,
    toldOnce(log, 'the configuration could not be looked at', () => ctx.now()),
    ctx,
  )
  const now = (): void => {
    isWanted = true
    soon()
  }
  return { now, over }
}
