import type {
  EffectiveConfig,
  RepositorySettings,
  ScheduleSettings,
  SourceSettings,
  WindowSettings,
} from '@holdfast/core/config/effective-config'
import type { Operation } from '../run/run.ts'

/** What is done again and again, and when. */
export interface Schedule {
  /** "backup/shop", "prove-newest/shop", "prove-random/shop", "prune/offsite", "check/offsite" */
  readonly id: string
  readonly operation: Operation
  readonly source?: SourceSettings
  readonly repository?: RepositorySettings
  readonly settings: ScheduleSettings
  /** put a fire off to their end */
  readonly blackouts: readonly WindowSettings[]
  /** puts a fire off to its start */
  readonly window?: WindowSettings
}

/** Every schedule of a configuration, sources first, each in the order of its file. */
export function listSchedules(config: EffectiveConfig): Schedule[] {
  return [
    ...[...config.sources.values()].flatMap(schedulesOfSource),
    ...[...config.repositories.values()].flatMap(schedulesOfRepository),
  ]
}

function schedulesOfSource(source: SourceSettings): Schedule[] {
  const { name, blackouts, prove } = source
  const schedules: Schedule[] = [
    { id: `backup/${name}`, operation: 'backup', source, settings: source.backup, blackouts },
  ]
  if (prove.newest !== undefined) {
    schedules.push({ id: `prove-newest/${name}`, operation: 'verify', source, settings: prove.newest, blackouts })
  }
  if (prove.random !== undefined) {
    schedules.push({ id: `prove-random/${name}`, operation: 'verify', source, settings: prove.random, blackouts })
  }
  return schedules
}

function schedulesOfRepository(repository: RepositorySettings): Schedule[] {
  const { name, prune, check } = repository
  return [
    {
      id: `prune/${name}`,
      operation: 'prune',
      repository,
      settings: prune.schedule,
      blackouts: [],
      ...(prune.window !== undefined && { window: prune.window }),
    },
    { id: `check/${name}`, operation: 'check', repository, settings: check.schedule, blackouts: [] },
  ]
}
