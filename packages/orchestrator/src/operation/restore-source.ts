import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { planChanged } from '../restore/plan-changed.ts'
import { planRestore } from '../restore/plan-source-restore.ts'
import { digestOf } from '../restore/restore-plan.ts'
import { readRestoreArguments } from '../restore/restore-run.ts'
import type { Run } from '../run/run.ts'
import { type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { withRepository } from './with-repositories.ts'

/**
 * Restores what somebody has seen the plan of: it is made again, and must still be the same. Fails with
 * RESTORE_PLAN_CHANGED before anything is changed, with what planning fails with, and with what kept it from being done.
 */
export async function restoreSource(
  run: Run,
  source: SourceSettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const { order, digest } = readRestoreArguments(run)
  const { config, machine } = surroundings
  const repositoryName = order.repository ?? run.repository ?? source.repositories[0] ?? ''
  const restore = async (repository: Repository, own: Context): Promise<OperationReport> => {
    const plan = await planRestore(order, { config, source, repository, repositoryName, machine }, own)
    if (digestOf(plan.view) !== digest) throw planChanged(plan.view)
    const { problems, ...counts } = await plan.execute(own)
    return reportOf({ ...counts, restoredTo: plan.view.target }, problems)
  }
  return await withRepository(repositoryName, { exclusive: false }, surroundings, restore, ctx)
}
