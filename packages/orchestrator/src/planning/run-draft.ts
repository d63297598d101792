import type { EffectiveConfig, RepositorySettings, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Operation, RunCause, RunDraft } from '../run/run.ts'

/** Greater is sooner: nothing else matters as long as there is no backup. */
const priorities: Readonly<Record<Operation, number>> = {
  restore: 100,
  backup: 50,
  copy: 40,
  forget: 30,
  verify: 20,
  check: 10,
  prune: 5,
}

/** Prune and check of a large remote repository take hours; a day means that something hangs. */
const repositoryTimeoutMs = 86_400_000
const repositoryAttempts = 2

/** What is decided for each run; all else follows from the configuration. */
export interface RunChoice {
  readonly operation: Operation
  readonly cause: RunCause
  readonly uniqueKey: string
  readonly dueAt: Date
  readonly arguments?: Readonly<Record<string, string>>
}

/**
 * A run on a source. `touched`: the repositories it reads or writes. `repository`: the one it is about, for those that
 * are about one (copy, forget).
 */
export function draftForSource(
  choice: RunChoice,
  about: { readonly source: SourceSettings; readonly repository?: string; readonly touched: readonly string[] },
  config: EffectiveConfig,
): RunDraft {
  const { source, repository, touched } = about
  const machine =
    choice.operation === 'backup' && source.agent !== undefined ? `agent/${source.agent}` : `host/${config.host}`
  return {
    ...partsOf(choice),
    source: source.name,
    ...(repository !== undefined && { repository }),
    exclusiveKeys: [`source/${source.name}`],
    limitKeys: [machine, ...touched.map((name) => `repository/${name}`)],
    timeoutMs: source.timeoutMs,
    attempts: source.retries + 1,
  }
}

/**
 * A run on a repository as a whole. A prune is alone in it; a check, which may read for hours, lets backups go on, and
 * keeps out prunes because those count it.
 */
export function draftForRepository(
  choice: RunChoice,
  repository: RepositorySettings,
  config: EffectiveConfig,
): RunDraft {
  return {
    ...partsOf(choice),
    repository: repository.name,
    exclusiveKeys: [`${choice.operation === 'check' ? 'check' : 'repository'}/${repository.name}`],
    limitKeys: [`host/${config.host}`, `repository/${repository.name}`],
    timeoutMs: repositoryTimeoutMs,
    attempts: repositoryAttempts,
  }
}

function partsOf({ operation, cause, uniqueKey, dueAt, arguments: given = {} }: RunChoice) {
  return { operation, cause, uniqueKey, dueAt, arguments: given, priority: priorities[operation] }
}
