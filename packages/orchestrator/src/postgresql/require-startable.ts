import { requireReachable, unprivilegedIdentity } from '@holdfast/connectors/postgresql/server/run-as'
import { requireStartable, type RestoredServerStart } from '@holdfast/connectors/postgresql/server/start-restored'
import type { Context } from '@holdfast/core/context'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import type { PostgresRestorePlan } from './plan-restore.ts'

/**
 * Looks whether a server can be started on what a plan will restore, before hours go into it: that there are programs, a free
 * port, and for root that the owner of the cluster, as whom the server runs, may pass to where it goes. Fails with
 * POSTGRES_BINARIES_MISSING, ARGUMENT_INVALID, TARGET_UNUSABLE.
 */
export async function requireStartablePlan(
  { backup, material }: PostgresRestorePlan,
  start: RestoredServerStart,
  ctx: Context,
): Promise<void> {
  await requireStartable(start)
  const fallback = unprivilegedIdentity()
  // only root gives files away
  if (fallback === undefined) return
  const { id, snapshot } = backup.snapshot
  const path = `postgresql/${backup.manifest.source}/data/PG_VERSION`
  const { node } = await resolvePath(material.opened.trees, snapshot.tree, path, id.slice(0, 8), ctx)
  const identity = node === undefined || node.uid === 0 ? fallback : { uid: node.uid, gid: node.gid }
  for (const place of [start.dataDirectory, ...start.otherDirectories]) requireReachable(place, identity)
}
