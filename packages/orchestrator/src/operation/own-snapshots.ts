import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { backedUpSource } from './snapshot-record.ts'

/** Backups of a source in a repository, oldest first; neither its proofs nor its log. */
export async function ownSnapshots(repository: Repository, source: string, ctx: Context): Promise<ListedSnapshot[]> {
  return (await listSnapshots(repository, {}, ctx)).filter((listed) => backedUpSource(listed) === source)
}
