import { restoreOrderSchema } from '@holdfast/core/restore/restore-order'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import type { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Run, RunDraft } from '../run/run.ts'

const dayMs = 86_400_000

export interface RestoreArguments {
  readonly order: RestoreOrder
  /** of the plan that was agreed to */
  readonly digest: string
}

export interface AskedRestore {
  /** who wants it */
  readonly by: string
  readonly uniqueKey: string
  readonly now: Date
}

/**
 * The run of a plan that somebody has agreed to. It waits for no backup of the source, which may take hours, unless it
 * writes over the source itself; two restores to one target are done one after the other.
 */
export function draftRestore(
  view: RestorePlanView,
  { by, uniqueKey, now }: AskedRestore,
  config: EffectiveConfig,
): RunDraft {
  const { order, digest, target } = view
  const repository = order.repository ?? ''
  const own = order.to.type === 'original' ? [`source/${order.source}`] : []
  return {
    operation: 'restore',
    source: order.source,
    repository,
    arguments: { order: JSON.stringify(order), digest, target },
    cause: { type: 'manual', by },
    uniqueKey,
    exclusiveKeys: [`restore/${config.host}/${target}`, ...own],
    limitKeys: [`host/${config.host}`, `repository/${repository}`],
    dueAt: now,
    priority: 100,
    timeoutMs: Math.max(7 * dayMs, config.sources.get(order.source)?.timeoutMs ?? 0),
    // whoever sees it fail decides whether to try it again
    attempts: 1,
  }
}

/** What a run of `draftRestore` was asked for. */
export function readRestoreArguments({ arguments: given }: Run): RestoreArguments {
  return { order: restoreOrderSchema.parse(JSON.parse(given['order'] ?? '{}')), digest: given['digest'] ?? '' }
}
