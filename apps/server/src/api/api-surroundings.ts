import type { Caller } from '@holdfast/api/caller'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { ErrorCode } from '@holdfast/core/errors/catalogue'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { PlacedProblem } from '@holdfast/orchestrator/config/loaded-config'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import type { EventFeed } from '../events/event-feed.ts'
import type { SnapshotReader } from '../reader/snapshot-reader.ts'
import type { ServerLog } from '../server-log.ts'
import type { ServedConfig } from '../task/task-message.ts'
import type { StatusReader } from './current-status.ts'

/** What answers are made of. */
export interface ApiSurroundings {
  readonly catalogue: Catalogue
  readonly queue: RunQueue
  readonly machine: Machine
  readonly log: ServerLog
  readonly configPath: string
  /** a run whose process gives no sign of life for so long is done again; agents are given more */
  readonly leaseMs: number
  config(): EffectiveConfig
  served(): ServedConfig
  /** Reads the configuration again, touched or not. Fails with CONFIG_…; then everything is as before. */
  reload(ctx: Context): Promise<'changed' | 'unchanged'>
  /** All problems of a text, as if it were the configuration file; nothing is stored. */
  checkConfig(text: string, ctx: Context): Promise<readonly PlacedProblem[]>
  /** how everything stands */
  readonly status: StatusReader
  /** changes, for those who listen */
  readonly feed: EventFeed
  /** looks into repositories, in a process of its own */
  readonly reader: SnapshotReader
  /** told of each run that ended for good and that no process of this server did */
  ended(run: Run): void
  /** Notes what somebody did or was refused. Does not fail: what was done cannot be taken back for it. */
  audit(entry: AuditedAct): Promise<void>
}

/** What somebody did or tried to do. */
export interface AuditedAct {
  readonly caller: Caller
  readonly act: string
  /** of what: "shop", "0198f3c2-…"; empty where there is nothing to name */
  readonly subject: string
  readonly outcome: 'done' | 'refused' | 'failed'
  /** why it was not done */
  readonly code?: ErrorCode
}
