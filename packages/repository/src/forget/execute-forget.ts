import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import { listSnapshotIds } from '../snapshot/list-snapshots.ts'
import { digestForgetPlan, type ForgetPlan } from './plan-forget.ts'

/**
 * Deletes the snapshot files a plan names; their data stays until a prune. Needs an exclusive lock. Refuses when the
 * repository is another one, when its list of snapshots is not the one the plan was made from, or when the plan was
 * altered.
 * @returns ids of the removed snapshots
 * @throws AppError PLAN_STALE, STORAGE_…
 */
export async function executeForget(repository: Repository, plan: ForgetPlan, ctx: Context): Promise<string[]> {
  const presentIds = await listSnapshotIds(repository, ctx)
  const asFound = { repositoryId: repository.config.id, remove: plan.remove, considered: presentIds }
  if (digestForgetPlan(asFound) !== plan.digest) throw new AppError('PLAN_STALE', { plan: plan.digest.slice(0, 8) })
  const removed: string[] = []
  const queue = plan.remove.values()
  const removeQueued = async (): Promise<void> => {
    for (const id of queue) {
      ctx.signal.throwIfAborted()
      await repository.backend.remove({ type: 'snapshot', name: id }, ctx)
      removed.push(id)
      ctx.emit({
        type: 'work.progressed',
        work: 'forget',
        unit: 'snapshots',
        done: removed.length,
        total: plan.remove.length,
      })
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, repository.backend.traits.connections) }, removeQueued))
  return removed.toSorted()
}
