import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import { snapshotTime } from '@holdfast/repository/format/snapshot'
import { findSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { ownSnapshots } from '../operation/own-snapshots.ts'
import { backedUpSource } from '../operation/snapshot-record.ts'
import { notAfter } from './restore-point.ts'
import type { RestoreSurroundings } from './restore-plan.ts'

/**
 * The snapshot of the source that an order names, or the newest by its moment. Fails with SNAPSHOT_UNKNOWN (also for one of
 * another source), SNAPSHOT_AMBIGUOUS, SOURCE_WITHOUT_SNAPSHOT, RECOVERY_BEFORE_OLDEST.
 */
export async function chooseSnapshot(
  { snapshot, at }: RestoreOrder,
  { source: { name }, repository, repositoryName }: RestoreSurroundings,
  ctx: Context,
): Promise<ListedSnapshot> {
  if (snapshot !== undefined) {
    const { id, snapshot: found } = await findSnapshot(repository, snapshot, {}, ctx)
    if (backedUpSource({ id, snapshot: found }) === name) return { id, snapshot: found }
    throw new AppError('SNAPSHOT_UNKNOWN', { snapshot })
  }
  const latest = notAfter(at, name)
  const own = await ownSnapshots(repository, name, ctx)
  const [oldest, newest] = [own.at(0), own.at(-1)]
  if (oldest === undefined || newest === undefined) {
    throw new AppError('SOURCE_WITHOUT_SNAPSHOT', { source: name, repository: repositoryName })
  }
  const found = latest === undefined ? newest : own.findLast((each) => timeOf(each) <= latest)
  if (found !== undefined) return found
  const range = { from: timeOf(oldest).toISOString(), until: timeOf(newest).toISOString() }
  throw new AppError('RECOVERY_BEFORE_OLDEST', { target: at, ...range })
}

export function timeOf({ snapshot }: ListedSnapshot): Date {
  return new Date(Number(snapshotTime(snapshot).ns / 1_000_000n))
}
