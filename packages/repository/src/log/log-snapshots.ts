import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import { compareByTime, type ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { listSnapshotIds, readSnapshot } from '../snapshot/list-snapshots.ts'
import { isLogSnapshot, type LogPlace } from './log-place.ts'

const attempts = 5

/**
 * Finds the snapshots of a log, newest first: one, or two where a writer died between writing the new one and removing
 * the old, or none. Remembers which of the repository's snapshots it is not interested in.
 */
export interface LogSnapshotFinder {
  /** @throws AppError REPOSITORY_DAMAGED, STORAGE_… */
  find(ctx: Context): Promise<readonly ListedSnapshot[]>
}

export function createLogSnapshotFinder(repository: Repository, place: LogPlace): LogSnapshotFinder {
  const others = new Set<string>()
  return {
    async find(ctx) {
      for (let attempt = 1; ; attempt++) {
        const found: ListedSnapshot[] = []
        let missing = false
        for (const id of await listSnapshotIds(repository, ctx)) {
          if (others.has(id)) continue
          try {
            const listed = await readSnapshot(repository, id, ctx)
            if (isLogSnapshot(listed.snapshot, place)) found.push(listed)
            else others.add(id)
          } catch (error) {
            if (!isAppError(error, 'STORAGE_FILE_MISSING')) throw error
            missing = true
          }
        }
        // A listing takes time: it may have passed the new one's place too early and the old one's too late.
        if ((missing || found.length === 0) && attempt < attempts && (missing || attempt === 1)) continue
        return found.toSorted(compareByTime).toReversed()
      }
    },
  }
}
