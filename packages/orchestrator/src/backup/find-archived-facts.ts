import type { Context } from '@holdfast/core/context'
import { type ArchivedNeed, findArchivedPacks } from '@holdfast/repository/archive/archived-packs'
import { factsFileName } from '@holdfast/repository/log/log-place'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'

/**
 * What has to be brought back before a restore of a source can even be planned: manifests of its backups, and what its log
 * says of itself. They lie among the data, so an archive takes them too.
 */
export async function findArchivedFacts(repository: Repository, source: string, ctx: Context): Promise<ArchivedNeed> {
  const snapshots = await listSnapshots(repository, { onUnreadable: () => {} }, ctx)
  const include = [{ lines: ['manifest.json', factsFileName] }]
  const wanted = snapshots
    .filter(({ snapshot: { tags } }) => tags.includes(`source=${source}`))
    .map(({ snapshot: { tree } }) => ({ tree, include }))
  const need = await findArchivedPacks(repository, wanted, ctx)
  // what is to be restored comes after it
  return { ...need, isComplete: false }
}
