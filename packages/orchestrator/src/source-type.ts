import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { sourceUnknown } from './backup/list-source-backups.ts'

/** What a source is, by the tags of its snapshots: "postgresql", "mysql". Fails with SOURCE_NOT_IN_REPOSITORY. */
export async function findSourceType(repository: Repository, source: string, ctx: Context): Promise<string> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const own = snapshots.findLast(({ snapshot: { tags } }) => tags.includes(`source=${source}`))
  const type = own?.snapshot.tags.find((tag) => tag.startsWith('type='))
  if (type !== undefined) return type.slice('type='.length)
  throw sourceUnknown(repository, JSON.stringify(source), snapshots)
}
