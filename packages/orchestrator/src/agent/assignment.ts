import type { EffectiveConfig, RepositorySettings, WorkloadSettings } from '@holdfast/core/config/effective-config'
import type { SecretReference } from '@holdfast/core/config/secret-reference'
import type { Run } from '../run/run.ts'

/**
 * What an agent is told of a run: the run, its source, and the repositories that it goes into. Plain JSON. Secrets are
 * references, which the agent resolves on its own machine; nothing of other sources, people or servers is in it.
 */
export interface Assignment {
  readonly run: AssignedRun
  readonly source: {
    readonly name: string
    readonly copyMethod: 'fan-out' | 'copy'
    readonly workload: WorkloadSettings
  }
  /** in their order */
  readonly repositories: readonly AssignedRepository[]
}

export type AssignedRun = Pick<Run, 'id' | 'arguments' | 'attempt' | 'attempts' | 'timeoutMs'>

export interface AssignedRepository {
  readonly name: string
  /** absent: through the gateway of the server */
  readonly location?: string
  readonly password: SecretReference
  readonly variables: Readonly<Record<string, SecretReference>>
  readonly options: Readonly<Record<string, string>>
  readonly uploadBytesPerSecond?: number
  readonly downloadBytesPerSecond?: number
}

/** Undefined when the configuration does not know the source of the run any more, or it is not the agent's. */
export function assignmentOf(run: Run, agent: string, config: EffectiveConfig): Assignment | undefined {
  const source = config.sources.get(run.source ?? '')
  const settings = config.agents.get(agent)
  if (source === undefined || settings === undefined || source.agent !== agent) return undefined
  const { name, copyMethod, workload } = source
  const { id, attempt, attempts, timeoutMs } = run
  return {
    run: { id, arguments: run.arguments, attempt, attempts, timeoutMs },
    source: { name, copyMethod, workload },
    repositories: source.repositories.flatMap((each) => {
      const repository = config.repositories.get(each)
      return repository === undefined ? [] : [repositoryFor(repository, settings.gateway !== 'off')]
    }),
  }
}

function repositoryFor(
  { name, location, password, variables, options, limits }: RepositorySettings,
  isGateway: boolean,
) {
  const { uploadBytesPerSecond, downloadBytesPerSecond } = limits
  return {
    name,
    password,
    // the credentials and settings of the store are the server's business where the server reaches it
    ...(isGateway
      ? { variables: {}, options: {} }
      : { location, variables: Object.fromEntries(variables), options: Object.fromEntries(options) }),
    ...(uploadBytesPerSecond === undefined ? {} : { uploadBytesPerSecond }),
    ...(downloadBytesPerSecond === undefined ? {} : { downloadBytesPerSecond }),
  }
}
