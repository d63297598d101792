import type { Caller } from '@holdfast/api/caller'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import type { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
import type { Context } from '@holdfast/core/context'
import { estimateRestore } from '@holdfast/orchestrator/restore/estimate-restore'
import { askOfSource } from './ask-of-source.ts'
import type { ReadingSurroundings } from './reading-surroundings.ts'

/** Of how long restores took, those of the last three months count. */
const proofsCountMs = 90 * 86_400_000

/** Makes a plan of an order. Fails with SOURCE_UNKNOWN, SNAPSHOT_…, RECOVERY_…, RESTORE_…, TARGET_…, REPOSITORY_…. */
export async function makeRestorePlan(
  order: RestoreOrder,
  caller: Caller,
  surroundings: Pick<ReadingSurroundings, 'config' | 'catalogue' | 'reader'>,
  ctx: Context,
): Promise<RestorePlanView> {
  const { config, catalogue } = surroundings
  const { server, host } = config()
  const { source, answer } = await askOfSource(
    order,
    (place) => ({ type: 'plan-restore', ...place, order, server, host }),
    caller,
    surroundings,
    ctx,
  )
  const { view, digest } = answer
  const since = new Date(ctx.now().getTime() - proofsCountMs)
  const proofs = await catalogue.proofs.list({ source: source.name, since, limit: 100 })
  return { ...view, digest, ...estimateRestore(view, proofs) }
}
