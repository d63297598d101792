import type { SnapshotDetails } from '@holdfast/api/view/snapshot-view'
import { defined } from '@holdfast/core/config/defined'
import { backedUpSource, snapshotRecordOf } from '@holdfast/orchestrator/operation/snapshot-record'
import { findPin } from '@holdfast/repository/forget/pin'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'

export function describeSnapshot(repository: string, listed: ListedSnapshot): SnapshotDetails {
  const { snapshot } = listed
  const source = backedUpSource(listed)
  const { snapshotId: id, time, lineage, bytes, bytesAdded } = snapshotRecordOf(repository, source ?? '', listed)
  const { hostname, username, paths, tags, parent, original, programVersion, summary } = snapshot
  return {
    ...{ repository, id, lineage, hostname, username, paths: [...paths], tags: [...tags] },
    time: time.toISOString(),
    isPinned: findPin(snapshot) !== undefined,
    ...defined({ source, bytes, bytesAdded, parent, original, files: summary?.totalFilesProcessed }),
    ...(programVersion === '' ? {} : { program: programVersion }),
  }
}
