import type { Context } from '@holdfast/core/context'
import { isArchiveClass } from '@holdfast/storage/archive-class'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { noteArchived } from '../finding/archived-state.ts'
import type { OperationSurroundings } from './operation-report.ts'
import { backedUpSource, snapshotRecordOf } from './snapshot-record.ts'

/**
 * Writes into the catalogue what a repository holds now: its snapshots as they are (the truth about them is the
 * repository, where others may add and remove some too), its size as samples, and what of it lies in an archive.
 */
export async function measureRepository(
  name: string,
  repository: Repository,
  { catalogue }: Pick<OperationSurroundings, 'catalogue'>,
  ctx: Context,
): Promise<void> {
  const snapshots = await listSnapshots(repository, { onUnreadable: () => {} }, ctx)
  const records = snapshots.flatMap((listed) => {
    const source = backedUpSource(listed)
    return source === undefined ? [] : [snapshotRecordOf(name, source, listed)]
  })
  await catalogue.snapshots.replace(name, records)
  let bytes = 0
  const archived = { packs: 0, bytes: 0, classes: new Set<string>() }
  for (const type of ['data', 'index', 'snapshot'] as const) {
    for await (const { sizeBytes, storageClass } of repository.backend.list(type, ctx)) {
      bytes += sizeBytes
      if (storageClass === undefined || !isArchiveClass(storageClass)) continue
      archived.packs++
      archived.bytes += sizeBytes
      archived.classes.add(storageClass)
    }
  }
  await noteArchived(catalogue.marks, name, archived)
  const [subject, at] = [`repository/${name}`, ctx.now()]
  await catalogue.samples.add([
    { figure: 'repository-bytes', subject, at, value: bytes },
    { figure: 'repository-snapshots', subject, at, value: snapshots.length },
  ])
}
