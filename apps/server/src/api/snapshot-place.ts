import type { Caller } from '@holdfast/api/caller'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import type { WantedSnapshot } from '../reader/held-repositories.ts'
import { configSeenBy } from './seen-by.ts'

/** What the reader is asked about: a repository that the caller sees, and only the snapshots that it sees. */
export function snapshotPlace(
  { repository, snapshot }: { readonly repository: string; readonly snapshot: string },
  caller: Caller,
  config: EffectiveConfig,
): WantedSnapshot {
  const settings = requireKnown('repository', repository, configSeenBy(caller, config).repositories)
  return { repository: settings, snapshot, ...(caller.sources === undefined ? {} : { sources: caller.sources }) }
}
