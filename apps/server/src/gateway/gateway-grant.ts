import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'

export type GatewayRole = 'append-only' | 'write-only'

/** What one agent may do at the gateway. */
export interface GatewayGrant {
  readonly agent: string
  readonly role: GatewayRole
  /** names of those that its backups are written to */
  readonly repositories: ReadonlySet<string>
  /** what may be taken from it in a day; absent: as much as comes */
  readonly storesPerDayBytes?: number
  /** its own, by name */
  readonly sources: ReadonlyMap<string, SourceSettings>
}

/** Undefined when the agent is not in the configuration, or has no use for the gateway. */
export function grantOf({ agents, sources }: EffectiveConfig, agent: string): GatewayGrant | undefined {
  const settings = agents.get(agent)
  if (settings === undefined || settings.gateway === 'off') return undefined
  const { gateway: role, storesPerDayBytes } = settings
  const own = new Map([...sources].filter(([, source]) => source.agent === agent))
  const repositories = [...own.values()].flatMap(writtenBy)
  const limit = storesPerDayBytes === undefined ? {} : { storesPerDayBytes }
  return { agent, role, repositories: new Set(repositories), sources: own, ...limit }
}

/** Copies to the others are made by servers. */
function writtenBy({ copyMethod, repositories }: SourceSettings): readonly string[] {
  return copyMethod === 'fan-out' ? repositories : repositories.slice(0, 1)
}
