import { randomBytes } from 'node:crypto'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { openConfiguredCatalogue } from '@holdfast/orchestrator/operation/open-configured-catalogue'
import { messageOf } from '@holdfast/orchestrator/operation/operation-report'
import { createScheduler } from '@holdfast/orchestrator/planning/scheduler'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import { type ConfigKeeper, keepConfig } from './config-keeper.ts'
import { createFollowing } from './following.ts'
import { createHousekeeping } from './housekeeping.ts'
import { openHttp } from './http/open-http.ts'
import { createLookout } from './lookout.ts'
import { repeat } from './repeat.ts'
import { gapBackup } from './run/gap-backup.ts'
import { serveRuns } from './run/serve-runs.ts'
import type { ServerLog } from './server-log.ts'
import type { MachineFacts } from './task/task-message.ts'

export interface ServerOptions {
  readonly configPath: string
  readonly surroundings: ConfigSurroundings
  readonly machine: Machine
  readonly log: ServerLog
  /** Calls back when the configuration is to be read again: SIGHUP. */
  onReloadWanted(listener: () => void): void
  /** how long runs may go on after the signal to stop; half a minute unless given */
  readonly graceMs?: number
  /** a run whose process gives no sign of life for so long is done again; three minutes unless given */
  readonly leaseMs?: number
}

const tickEveryMs = 1_000
const lookEveryMs = 15_000
const housekeepEveryMs = 3_600_000

/**
 * Keeps the promises of a configuration until the context is stopped: schedules, runs, logs, findings, notifications,
 * metrics. Returns when everything has been brought to an orderly end. Fails at the start when the configuration, the
 * catalogue or the address cannot be used; later troubles are told and waited out.
 */
export async function startServer(options: ServerOptions, ctx: Context): Promise<void> {
  const { configPath, surroundings, machine, log, graceMs = 30_000, leaseMs = 180_000 } = options
  const keeper = await keepConfig(configPath, surroundings, ctx)
  const configNow = (): EffectiveConfig => keeper.current().config
  const config = configNow()
  await using catalogue = await openConfiguredCatalogue(config.catalogue, machine, ctx)
  await using queue = await openRunQueue(catalogue, ctx)
  const worker = `${machine.identity.hostname}:${machine.identity.pid}:${randomBytes(2).toString('hex')}`
  const lookout = createLookout({ catalogue, machine, log, config: configNow })
  await using http = await openHttp(config.server.listen, {
    readiness: () => readinessOf(catalogue),
    metrics: () => lookout.metrics(ctx),
    failed: (error) => log.failure('a request could not be answered', error),
  })
  log.write('info', `serving ${configPath} on http://${http.address}`, {
    address: http.address,
    worker,
    catalogue: catalogue.location,
  })
  for (const warning of keeper.current().warnings) log.write('warning', warning)
  await using logs = createFollowing(
    { catalogue, machine, worker, requestBackup: (source, at) => gapBackup(queue, source, at, configNow(), ctx) },
    ctx,
  )
  await logs.update(config)
  await catalogue.marks.remove('config/error')
  const facts = factsOf(machine)
  const scheduler = createScheduler(catalogue, queue)
  const failed = (what: string) => toldOnce(log, what, () => ctx.now())
  const tick = repeat(
    () => tickEveryMs,
    async (own) => {
      await scheduler.tick(configNow(), own)
      lookout.ticked(own.now())
    },
    failed('schedules could not be looked at'),
    ctx,
  )
  const look = repeat(
    () => lookEveryMs,
    (own) => lookout.look(own),
    failed('it could not be looked for findings'),
    ctx,
  )
  const keep = repeat(
    () => housekeepEveryMs,
    createHousekeeping(catalogue, log, { machine: facts, config: () => keeper.current() }),
    failed('old records could not be removed'),
    ctx,
  )
  const reload = watchConfig(keeper, { log, catalogue, changed: () => logs.update(configNow()), look: look.soon }, ctx)
  options.onReloadWanted(reload.now)
  const runs = serveRuns(
    {
      queue,
      worker,
      log,
      machine: facts,
      graceMs,
      leaseMs,
      config: configNow,
      ended: (run) => {
        lookout.ended(run)
        look.soon()
      },
    },
    ctx,
  )
  await Promise.all([tick.over, look.over, keep.over, reload.over, runs])
  log.write('info', 'everything has been brought to an end')
}

/** What another process of this machine can be told. */
function factsOf({
  identity,
  homeDirectory,
  temporaryDirectory,
  cacheDirectory,
  version,
  workers,
}: Machine): MachineFacts {
  return { identity, homeDirectory, temporaryDirectory, cacheDirectory, version, workers }
}

const toldAgainMs = 60_000

/** Tells of a failure that comes every second once a minute, and at once when it changes. */
function toldOnce(log: ServerLog, what: string, now: () => Date): (error: unknown) => void {
  let told = { message: '', atMs: 0 }
  return (error) => {
    const [message, atMs] = [messageOf(error), now().getTime()]
    if (message === told.message && atMs - told.atMs < toldAgainMs) return
    told = { message, atMs }
    log.failure(what, error)
  }
}

async function readinessOf(catalogue: Catalogue): Promise<'ready' | { readonly reason: string }> {
  try {
    await catalogue.marks.get('config/digest')
    return 'ready'
  } catch (error) {
    return { reason: messageOf(error) }
  }
}

interface ConfigWatch {
  /** Reads the configuration again, touched or not. */
  now(): void
  readonly over: Promise<void>
}

function watchConfig(
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
