import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import { planFilesRestore } from './plan-files-restore.ts'
import type { RestorePlan, RestoreSurroundings } from './restore-plan.ts'

/**
 * Decides what a restore would do: from which snapshot and log, to where, over what. Changes nothing. Only below the
 * directories, and into the databases, that the configuration allows. Fails with SNAPSHOT_…, PATH_UNKNOWN, RECOVERY_…,
 * RESTORE_…, TARGET_….
 */
export async function planRestore(order: RestoreOrder, given: RestoreSurroundings, ctx: Context): Promise<RestorePlan> {
  const { workload, name } = given.source
  const isCluster = workload.type === 'postgresql' || workload.type === 'mysql'
  const isDump = isCluster && workload.method === 'logical'
  if (order.paths !== undefined && isCluster && !isDump) {
    const [reason, advice] = ['files of a data directory are of no use alone', 'Leave out the paths.']
    throw new AppError('RESTORE_UNSUITABLE', { source: name, reason, advice })
  }
  if (order.to.type === 'database') {
    if (workload.type === 'mysql') {
      return await (await import('./plan-mysql-restore.ts')).planMysqlDatabase(order, workload, given, ctx)
    }
    if (workload.type === 'postgresql' && isDump) {
      return await (await import('./plan-postgres-restore.ts')).planPostgresDatabase(order, workload, given, ctx)
    }
    const [reason, advice] = ['it has no dumps of databases', 'Restore it to a directory.']
    throw new AppError('RESTORE_UNSUITABLE', { source: name, reason, advice })
  }
  if (!isCluster) return await planFilesRestore(order, given, [], ctx)
  if (isDump)
    return await planFilesRestore(order, given, [`these are dumps of ${name}, to be loaded into a server`], ctx)
  if (workload.type === 'mysql')
    return await (await import('./plan-mysql-restore.ts')).planMysqlFiles(order, given, ctx)
  return await (await import('./plan-postgres-restore.ts')).planPostgresDirectory(order, workload, given, ctx)
}
