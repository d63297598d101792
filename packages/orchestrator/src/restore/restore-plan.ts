import { createHash } from 'node:crypto'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import type { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import type { Machine } from '../operation/machine.ts'

/** What plans of restores are made with. */
export interface RestoreSurroundings {
  readonly config: Pick<EffectiveConfig, 'server' | 'host'>
  readonly source: SourceSettings
  /** where it is restored from, opened, and its name */
  readonly repository: Repository
  readonly repositoryName: string
  readonly machine: Machine
}

/** What was decided: all that must still hold when it is done. */
export type RestoreDecision = Pick<
  RestorePlanView,
  'order' | 'kind' | 'snapshot' | 'state' | 'target' | 'files' | 'bytes' | 'overwrites' | 'role' | 'confirmation'
>

/** What a restore will do, and how to do it. Nothing has been changed. */
export interface RestorePlan {
  readonly view: Omit<RestorePlanView, 'digest' | 'estimatedMs' | 'estimatedFrom'>
  /** The caller holds a shared lock on the repository. */
  execute(ctx: Context): Promise<RestoreOutcome>
}

export interface RestoreOutcome {
  readonly filesRestored?: number
  readonly bytesRestored: number
  readonly problems: readonly string[]
}

/** The same whenever the same would be done; what may differ each time (free space, warnings) is left out. */
export function digestOf(view: RestorePlan['view']): string {
  const { order, kind, snapshot, state, target, files, bytes, overwrites, role, confirmation } = view
  const decision: RestoreDecision = {
    ...{ order: sorted(order), kind, snapshot, target, bytes, overwrites, role },
    ...(state === undefined ? {} : { state }),
    ...(files === undefined ? {} : { files }),
    ...(confirmation === undefined ? {} : { confirmation }),
  }
  const text = JSON.stringify(decision, (_key, value: unknown) => sortedFields(value))
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

function sorted(order: RestoreOrder): RestoreOrder {
  return order.paths === undefined ? order : { ...order, paths: order.paths.toSorted() }
}

function sortedFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}
