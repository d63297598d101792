import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import type { DiscoveryRequest } from '@holdfast/orchestrator/discovery/discover'
import { noteDiscovery } from '@holdfast/orchestrator/discovery/note-discovery'

const dayMs = 86_400_000
/** A machine that has just started brings its services up one after the other. */
const settleMs = 600_000

export interface DiscoverySurroundings {
  readonly marks: MarkStore
  /** of this machine */
  readonly host: string
  readonly places: Omit<DiscoveryRequest, 'config'>
  readonly startedAt: Date
  config(): EffectiveConfig
  /** what of it is a finding, as marks of this machine */
  search(request: DiscoveryRequest, ctx: Context): Promise<ReadonlyMap<string, string>>
}

/**
 * Looks once a day, and after each change of the configuration, for what keeps data on this machine and is not protected;
 * findings are made of it. To be called every minute or so.
 */
export function createDiscovering(given: DiscoverySurroundings): (ctx: Context) => Promise<void> {
  const { marks, host, places, startedAt } = given
  let looked: { readonly atMs: number; readonly config: EffectiveConfig } | undefined
  return async (ctx) => {
    const [config, nowMs] = [given.config(), ctx.now().getTime()]
    if (looked?.config === config && nowMs - looked.atMs < dayMs) return
    if (looked === undefined && nowMs - startedAt.getTime() < settleMs) return
    const isWanted = config.server.discovery
    const found = isWanted ? await given.search({ ...places, config }, ctx) : new Map<string, string>()
    await noteDiscovery(marks, host, found)
    looked = { atMs: nowMs, config }
  }
}
