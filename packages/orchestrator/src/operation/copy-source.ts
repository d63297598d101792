import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { copySnapshots } from '@holdfast/repository/copy/copy-snapshots'
import type { Repository } from '@holdfast/repository/repository'
import { readSnapshot } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { SnapshotRecord } from '../catalogue/catalogue.ts'
import { chooseCopies } from '../planning/choose-copies.ts'
import type { Run } from '../run/run.ts'
import { type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { ownSnapshots } from './own-snapshots.ts'
import { snapshotRecordOf } from './snapshot-record.ts'
import { withRepositories } from './with-repositories.ts'

/**
 * Copies to one repository what it lacks of a source, from the one that the argument "from" names. Fails with
 * SOURCE_WITHOUT_SNAPSHOT, COPY_INCOMPLETE.
 */
export async function copySource(
  run: Run,
  source: SourceSettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const to = run.repository ?? source.repositories[1] ?? ''
  const from = run.arguments['from'] ?? source.repositories.find((name) => name !== to) ?? ''
  return await withRepositories(
    [from, to],
    { exclusive: false },
    surroundings,
    async ({ opened, failed }, own) => {
      const [origin, destination] = [opened.get(from), opened.get(to)]
      if (origin === undefined || destination === undefined) throw [...failed.values()][0]
      const wanted = await findWanted({ source: source.name, from, to }, origin, destination, own)
      const choice = { compression: 'auto', workers: surroundings.machine.workers } as const
      const report = await copySnapshots(origin, destination, wanted, choice, own)
      const records: SnapshotRecord[] = []
      for (const { destinationId, reason } of report.snapshots) {
        if (destinationId === undefined) {
          throw new AppError('COPY_INCOMPLETE', { source: source.name, from, to, reason: reason ?? 'it is not there' })
        }
        records.push(snapshotRecordOf(to, source.name, await readSnapshot(destination, destinationId, own)))
      }
      await surroundings.catalogue.snapshots.add(records)
      const newest = records.at(-1)
      return reportOf(
        {
          ...(newest === undefined ? {} : { snapshots: { [to]: newest.snapshotId } }),
          bytesRead: report.bytes,
          bytesStored: report.bytesWritten,
        },
        [],
      )
    },
    ctx,
  )
}

/** What the destination lacks of the source, oldest first. */
async function findWanted(
  { source, from, to }: CopyPlaces,
  origin: Repository,
  destination: Repository,
  ctx: Context,
): Promise<ListedSnapshot[]> {
  const held = await ownSnapshots(origin, source, ctx)
  if (held.length === 0) throw new AppError('SOURCE_WITHOUT_SNAPSHOT', { source, repository: from })
  const there = await ownSnapshots(destination, source, ctx)
  const chosen = chooseCopies(
    held.map((listed) => snapshotRecordOf(from, source, listed)),
    there.map((listed) => snapshotRecordOf(to, source, listed)),
  )
  const byId = new Map(held.map((listed) => [listed.id, listed]))
  return chosen.flatMap(({ snapshotId }) => byId.get(snapshotId) ?? [])
}

interface CopyPlaces {
  readonly source: string
  readonly from: string
  readonly to: string
}
