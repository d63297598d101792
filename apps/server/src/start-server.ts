import { randomBytes } from 'node:crypto'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { readAgentSecret } from '@holdfast/orchestrator/agent/read-agent-secret'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { ConfigSurroundings } from '@holdfast/orchestrator/config/surroundings'
import type { DiscoveryRequest } from '@holdfast/orchestrator/discovery/discover'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import { openConfiguredCatalogue } from '@holdfast/orchestrator/operation/open-configured-catalogue'
import { messageOf } from '@holdfast/orchestrator/operation/operation-report'
import { createScheduler } from '@holdfast/orchestrator/planning/scheduler'
import { openRunQueue } from '@holdfast/orchestrator/run/open-run-queue'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import type { Run } from '@holdfast/orchestrator/run/run'
import { accessPart } from './access/access-part.ts'
import { createActNotes } from './access/note-act.ts'
import { providerPart } from './access/provider/provider-part.ts'
import { tellOfNobody } from './access/tell-of-nobody.ts'
import { openTlsIdentity } from './access/tls-identity.ts'
import { apiPart } from './api/api-part.ts'
import type { ApiSurroundings } from './api/api-surroundings.ts'
import { createStatusReader } from './api/current-status.ts'
import { type ConfigKeeper, keepConfig } from './config-keeper.ts'
import { createEventFeed, type EventFeed } from './events/event-feed.ts'
import { createFollowing } from './following.ts'
import { createDiscovering } from './discovering.ts'
import { gatewayPart } from './gateway/gateway-part.ts'
import { createHousekeeping } from './housekeeping.ts'
import { openHttp } from './http/open-http.ts'
import { createLookout, type Lookout } from './lookout.ts'
import { createSnapshotReader } from './reader/snapshot-reader.ts'
import { repeat } from './repeat.ts'
import { gapBackup } from './run/gap-backup.ts'
import { pagePart } from './page/page-part.ts'
import { readingInTurns } from './reading-in-turns.ts'
import { serveRuns } from './run/serve-runs.ts'
import type { ServerLog } from './server-log.ts'
import { doInProcess } from './task/do-in-process.ts'
import { factsOf } from './task/machine-facts.ts'
import type { ServedConfig } from './task/task-message.ts'
import { toldOnce } from './told-once.ts'
import { type ConfigReader, createConfigReader, watchConfig } from './watch-config.ts'

export interface ServerOptions {
  readonly configPath: string
  readonly surroundings: ConfigSurroundings
  readonly machine: Machine
  readonly log: ServerLog
  /** where to look for what is not protected */
  readonly discoveryPlaces: Omit<DiscoveryRequest, 'config'>
  /** Calls back when the configuration is to be read again: SIGHUP. */
  onReloadWanted(listener: () => void): void
  /** how long runs may go on after the signal to stop; half a minute unless given */
  readonly graceMs?: number
  /** a run whose process gives no sign of life for so long is done again; three minutes unless given */
  readonly leaseMs?: number
}

const defaultLeaseMs = 180_000
const tickEveryMs = 1_000
const lookEveryMs = 15_000
const housekeepEveryMs = 3_600_000
const discoverEveryMs = 60_000
const tellEveryMs = 1_000

/**
 * Keeps the promises of a configuration until the context is stopped: schedules, runs, logs, findings, notifications,
 * metrics. Returns when everything has been brought to an orderly end. Fails at the start when the configuration, the
 * catalogue or the address cannot be used; later troubles are told and waited out.
 */
export async function startServer(options: ServerOptions, ctx: Context): Promise<void> {
  const { configPath, machine, log } = options
  // of what it is given, a process has the environment already
  const { variables: _environment, ...surroundingsSent } = options.surroundings
  // each time by a process of its own, since nothing else needs YAML and schemas
  const readConfig = (own: Context): Promise<ServedConfig> =>
    doInProcess({ type: 'load-config', path: configPath, surroundings: surroundingsSent }, own)
  const keeper = await keepConfig(configPath, readConfig, ctx)
  const configNow = (): EffectiveConfig => keeper.current().config
  const config = configNow()
  await using catalogue = await openConfiguredCatalogue(config.catalogue, machine, ctx)
  await using queue = await openRunQueue(catalogue, ctx)
  const worker = `${machine.identity.hostname}:${machine.identity.pid}:${randomBytes(2).toString('hex')}`
  // one line for all: else what the lookout asks and what the API asks would come at once again
  const inTurns = readingInTurns(catalogue)
  const lookout = createLookout({ catalogue: inTurns, machine, log, config: configNow })
  await using logs = createFollowing(
    { catalogue, machine, worker, requestBackup: (source, at) => gapBackup(queue, source, at, configNow(), ctx) },
    ctx,
  )
  const feed = createEventFeed(catalogue)
  await using snapshots = createSnapshotReader({ machine: factsOf(machine) })
  const wake: Wake = { look: () => {} }
  const reader = createConfigReader(keeper, {
    ...{ log, catalogue },
    changed: async (own) => {
      await logs.update(configNow())
      feed.reloaded(keeper.current().digest, own.now())
    },
    look: () => wake.look(),
  })
  const surroundings: ApiSurroundings = {
    ...{ catalogue, queue, machine, log, configPath, config: configNow },
    served: () => keeper.current(),
    reload: async (own) => (await reader('now', own)) ?? 'unchanged',
    checkConfig: (text, own) =>
      doInProcess({ type: 'check-config', path: configPath, text, surroundings: surroundingsSent }, own),
    feed,
    status: createStatusReader(inTurns, configNow),
    reader: snapshots,
    leaseMs: options.leaseMs ?? defaultLeaseMs,
    ended: (run) => lookout.ended(run),
    audit: createActNotes(catalogue, log),
  }
  const { server: settings } = config
  const readAgent = (secret: string) => readAgentSecret(secret, catalogue)
  const access = accessPart({ catalogue, settings, readAgentSecret: readAgent }, ctx)
  const { resolveSecret } = machine
  const provider = providerPart({ ...surroundings, resolveSecret }, ctx)
  const gateway = gatewayPart({ config: configNow, catalogue, machine, log, readAgentSecret: readAgent }, ctx)
  await using tls = settings.tls && (await openTlsIdentity(settings.tls, { log, everyMs: settings.reloadEveryMs }, ctx))
  await using http = await openHttp(
    settings.listen,
    {
      readiness: () => readinessOf(catalogue),
      metrics: () => lookout.metrics(ctx),
      failed: (error) => log.failure('a request could not be answered', error),
    },
    [access, apiPart(surroundings, ctx), provider, gateway, pagePart],
    tls?.createServer,
  )
  log.write('info', `serving ${configPath} on ${tls === undefined ? 'http' : 'https'}://${http.address}`, {
    address: http.address,
    worker,
    catalogue: catalogue.location,
  })
  await tellOfNobody(catalogue, config, log)
  for (const warning of keeper.current().warnings) log.write('warning', warning)
  await logs.update(config)
  await catalogue.marks.remove('config/error')
  await keepServing({ options, keeper, catalogue, queue, worker, lookout, feed, reader, wake }, ctx)
  log.write('info', 'everything has been brought to an end')
}

interface OpenServer {
  readonly options: ServerOptions
  readonly keeper: ConfigKeeper
  readonly catalogue: Catalogue
  readonly queue: RunQueue
  /** of this process, unique */
  readonly worker: string
  readonly lookout: Lookout
  readonly feed: EventFeed
  readonly reader: ConfigReader
  readonly wake: Wake
}

/** What can be asked for before there is somebody to do it. */
interface Wake {
  look(): void
}

/** Everything that is done again and again, until the context is stopped. */
async function keepServing(open: OpenServer, ctx: Context) {
  const { options, keeper, catalogue, queue, worker, lookout, feed, reader, wake } = open
  const { log, graceMs = 30_000, leaseMs = defaultLeaseMs } = options
  const machine = factsOf(options.machine)
  const config = (): EffectiveConfig => keeper.current().config
  const failed = (what: string) => toldOnce(log, what, () => ctx.now())
  const scheduler = createScheduler(catalogue, queue)
  const tick = async (own: Context): Promise<void> => {
    await scheduler.tick(config(), own)
    lookout.ticked(own.now())
  }
  const ticking = repeat(() => tickEveryMs, tick, failed('schedules could not be looked at'), ctx)
  const looking = repeat(
    () => lookEveryMs,
    (own) => lookout.look(own),
    failed('findings could not be looked for'),
    ctx,
  )
  const housekeeping = createHousekeeping({ catalogue, queue, log, machine, config: () => keeper.current() })
  const keeping = repeat(() => housekeepEveryMs, housekeeping, failed('old records could not be removed'), ctx)
  const { discoveryPlaces: places } = options
  const host = machine.identity.hostname
  const search = (request: DiscoveryRequest, own: Context): Promise<ReadonlyMap<string, string>> =>
    doInProcess({ type: 'discover', request, host }, own)
  const { marks } = catalogue
  const discovering = createDiscovering({ marks, host, places, startedAt: ctx.now(), config, search })
  const searching = repeat(() => discoverEveryMs, discovering, failed('unprotected data could not be looked for'), ctx)
  wake.look = looking.soon
  const watching = watchConfig(keeper, { reader, log }, ctx)
  const telling = repeat(
    () => tellEveryMs,
    (own) => feed.look(own),
    failed('changes could not be looked for'),
    ctx,
  )
  options.onReloadWanted(watching.now)
  const ended = (run: Run): void => {
    lookout.ended(run)
    looking.soon()
    telling.soon()
  }
  const heard = feed.progressed
  const working = serveRuns({ queue, worker, log, machine, graceMs, leaseMs, config, heard, ended }, ctx)
  await Promise.all([ticking.over, looking.over, keeping.over, searching.over, watching.over, telling.over, working])
}

async function readinessOf(catalogue: Catalogue): Promise<'ready' | { readonly reason: string }> {
  try {
    await catalogue.probe()
    return 'ready'
  } catch (error) {
    return { reason: messageOf(error) }
  }
}
