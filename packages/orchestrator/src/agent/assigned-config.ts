import type { EffectiveConfig, RepositorySettings, SourceSettings } from '@holdfast/core/config/effective-config'
import { resolveConfig } from '@holdfast/core/config/resolve/resolve-config'
import type { Run } from '../run/run.ts'
import type { AssignedRepository, Assignment } from './assignment.ts'

/** What an agent knows by itself. */
export interface AgentPlace {
  /** its name, which is the host of its snapshots: that of a container changes with every start */
  readonly agent: string
  /** of the server, without a slash at the end */
  readonly server: string
  /** file that holds the agent's own secret */
  readonly secretFile: string
  /** file for what the run notes */
  readonly cataloguePath: string
}

const never = { cron: '0 0 29 2 *', timeZone: 'UTC', jitterMs: 0 }

/** The configuration that a backup is made with. Of what a backup does not look at it holds what does nothing. */
export function configOfAssignment({ source, repositories }: Assignment, place: AgentPlace): EffectiveConfig {
  const settings: SourceSettings = {
    ...source,
    tier: 'none',
    backup: never,
    log: 'off',
    repositories: repositories.map(({ name }) => name),
    keep: new Map(),
    prove: {},
    blackouts: [],
    timeoutMs: 0,
    retries: 0,
    labels: new Map(),
    residency: new Map(),
    anomaly: { smallerBy: 1, largerBy: 1, churn: 1, slowerBy: 1, rowsDropBy: 1 },
    agent: place.agent,
  }
  return {
    ...defaults(place),
    host: place.agent,
    catalogue: { type: 'sqlite', path: place.cataloguePath },
    repositories: new Map(repositories.map((each) => [each.name, repositoryOf(each, place)])),
    sources: new Map([[source.name, settings]]),
  }
}

/** What holds where nothing is written. */
function defaults({ agent }: AgentPlace): EffectiveConfig {
  const basis = {
    hostname: agent,
    timeZone: 'UTC',
    stateDirectory: '/',
    originOf: () => ({}),
    rebase: (text: string) => text,
  }
  const { config } = resolveConfig({}, basis)
  if (config === undefined) throw new Error('a configuration in which nothing is written does not hold')
  return config
}

function repositoryOf(assigned: AssignedRepository, { agent, server, secretFile }: AgentPlace): RepositorySettings {
  const { name, location, password, variables, options, uploadBytesPerSecond, downloadBytesPerSecond } = assigned
  const gateway = {
    location: `rest:${server}/gateway/${encodeURIComponent(name)}/`,
    variables: new Map([
      ['HOLDFAST_REST_USERNAME', { text: agent }],
      ['HOLDFAST_REST_PASSWORD', { file: secretFile }],
    ]),
  }
  const direct = { location: location ?? '', variables: new Map(Object.entries(variables)) }
  return {
    name,
    password,
    ...(location === undefined ? gateway : direct),
    options: new Map(Object.entries(options)),
    medium: 'disk',
    isOffSite: false,
    isImmutable: false,
    residency: new Map(),
    prune: { schedule: never, maxUnused: 'unlimited' },
    check: { schedule: never, readAllWithinMs: 0 },
    limits: {
      concurrency: 1,
      ...(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond }),
      ...(downloadBytesPerSecond === undefined ? {} : { downloadBytesPerSecond }),
    },
  }
}

/** The run as the parts that do it know it. Times and keys are the server's business. */
export function runOfAssignment({ run, source }: Assignment, now: Date): Run {
  return {
    ...run,
    operation: 'backup',
    source: source.name,
    cause: { type: 'manual', by: 'the server' },
    uniqueKey: run.id,
    exclusiveKeys: [],
    limitKeys: [],
    dueAt: now,
    priority: 0,
    state: 'running',
    queuedAt: now,
    isCancelRequested: false,
  }
}
