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

/**
 * Reads the configuration again when it has been touched. One that does not hold is told, in the log and by the mark
 * `config/error`, and changes nothing.
 */
export function watchConfig(
  keeper: ConfigKeeper,
  given: { readonly log: ServerLog; readonly catalogue: Catalogue; changed(): Promise<void>; look(): void },
  ctx: Context,
): ConfigWatch {
  const { log, catalogue } = given
  let isWanted = false
  const read = async (own: Context): Promise<void> => {
    const before = keeper.current().config
    try {
      const outcome = isWanted ? await keeper.reload(own) : await keeper.reloadIfTouched(own)
      if (outcome === undefined) return
      await catalogue.marks.remove('config/error')
      await catalogue.marks.set('config/digest', keeper.current().digest)
      const { config, warnings } = keeper.current()
      for (const warning of warnings) log.write('warning', warning)
      if (outcome === 'changed') await given.changed()
      log.write(
        'info',
        outcome === 'changed'
          ? 'the configuration was read again and holds from now on'
          : 'the configuration has not changed',
      )
      const isMoved =
        JSON.stringify([before.catalogue, before.server.listen]) !==
        JSON.stringify([config.catalogue, config.server.listen])
      if (isMoved) log.write('warning', 'the catalogue and the address are changed by a restart only')
      given.look()
    } catch (error) {
      if (!isAppError(error) || own.signal.aborted) throw error
      log.failure('the configuration stays as it was', error)
      const noted = { at: own.now().toISOString(), message: error.message }
      await catalogue.marks.set('config/error', JSON.stringify(noted))
      given.look()
    } finally {
      isWanted = false
    }
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
