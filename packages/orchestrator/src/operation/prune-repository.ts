import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import { type Context, withSignal } from '@holdfast/core/context'
import { executePrune } from '@holdfast/repository/prune/execute-prune'
import { planPrune } from '@holdfast/repository/prune/plan-prune'
import type { Repository } from '@holdfast/repository/repository'
import type { Run } from '../run/run.ts'
import { measureRepository } from './measure-repository.ts'
import { type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { parseUnusedLimit } from './unused-limit.ts'
import { withRepository } from './with-repositories.ts'

/**
 * Removes data that no snapshot needs any more. At the end of its window it stops, which is safe at any point, and goes
 * on the next time.
 */
export async function pruneRepository(
  run: Run,
  { name, prune }: RepositorySettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const { machine } = surroundings
  const maxUnused = parseUnusedLimit(prune.maxUnused, `repositories.${name}.prune.maxUnused`)
  const pruned = async (repository: Repository, own: Context): Promise<OperationReport> => {
    const plan = await planPrune(repository, { maxUnused, workers: machine.workers }, own)
    const { figures, bytesWritten } = await executePrune(repository, plan, own)
    await measureRepository(name, repository, surroundings, own)
    const { removeTotal, unindexed } = figures.bytes
    return reportOf({ bytesFreed: removeTotal + unindexed, bytesStored: bytesWritten }, [])
  }
  const until = run.arguments['until']
  if (until === undefined) return await withRepository(name, { exclusive: true }, surroundings, pruned, ctx)
  const end = AbortSignal.timeout(Math.max(1000, Date.parse(until) - ctx.now().getTime()))
  const windowed = withSignal(ctx, AbortSignal.any([ctx.signal, end]))
  try {
    return await withRepository(name, { exclusive: true }, surroundings, pruned, windowed)
  } catch (error) {
    if (!end.aborted || ctx.signal.aborted) throw error
    return reportOf({}, ['stopped at the end of its window; it goes on in the next one'])
  }
}
