import type { Caller } from '@holdfast/api/caller'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import type { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import { estimateRestore } from '@holdfast/orchestrator/restore/estimate-restore'
import type { ReadingSurroundings } from './reading-surroundings.ts'
import { configSeenBy } from './seen-by.ts'

/** Of how long restores took, those of the last three months count. */
const proofsCountMs = 90 * 86_400_000

/** Makes a plan of an order. Fails with SOURCE_UNKNOWN, SNAPSHOT_…, RECOVERY_…, RESTORE_…, TARGET_…, REPOSITORY_…. */
export async function makeRestorePlan(
  order: RestoreOrder,
  caller: Caller,
  { config, catalogue, reader }: Pick<ReadingSurroundings, 'config' | 'catalogue' | 'reader'>,
  ctx: Context,
): Promise<RestorePlanView> {
  const whole = config()
  const seen = configSeenBy(caller, whole)
  const source = requireKnown('source', order.source, seen.sources)
  const name = await chooseRepository(order, source, catalogue)
  const repository = requireKnown('repository', name, seen.repositories)
  const { server, host } = whole
  const { view, digest } = await reader.ask({ type: 'plan-restore', repository, order, source, server, host }, ctx)
  const since = new Date(ctx.now().getTime() - proofsCountMs)
  const proofs = await catalogue.proofs.list({ source: source.name, since, limit: 100 })
  return { ...view, digest, ...estimateRestore(view, proofs) }
}

/** The one that is named, or holds the snapshot that is; else the first that holds anything. */
async function chooseRepository(
  { repository, snapshot }: RestoreOrder,
  { name, repositories }: SourceSettings,
  catalogue: ReadingSurroundings['catalogue'],
): Promise<string> {
  if (repository !== undefined) return repository
  const [first = ''] = repositories
  const records = await catalogue.snapshots.list({ source: name })
  const holds = (each: string): boolean =>
    records.some((record) => record.repository === each && record.snapshotId.startsWith(snapshot ?? ''))
  return repositories.find(holds) ?? first
}
