import type { Caller } from '@holdfast/api/caller'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { ErrorCode } from '@holdfast/core/errors/catalogue'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import type { ServerLog } from '../server-log.ts'
import type { ServedConfig } from '../task/task-message.ts'

/** What answers are made of. */
export interface ApiSurroundings {
  readonly catalogue: Catalogue
  readonly queue: RunQueue
  readonly machine: Machine
  readonly log: ServerLog
  readonly configPath: string
  config(): EffectiveConfig
  served(): ServedConfig
  /** Reads the configuration again, touched or not. Fails with CONFIG_…; then everything is as before. */
  reload(ctx: Context): Promise<'changed' | 'unchanged'>
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
