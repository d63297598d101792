import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { copySnapshots } from '@holdfast/repository/copy/copy-snapshots'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots, readSnapshot } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { SnapshotRecord } from '../catalogue/catalogue.ts'
import type { Run } from '../run/run.ts'
import { type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { backedUpSource, snapshotRecordOf } from './snapshot-record.ts'
import { withRepositories } from './with-repositories.ts'

/**
 * Copies a snapshot of a source from one repository to another: the one that the run names, else the newest. Fails with
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
      const wanted = await findWanted(origin, source.name, from, run.arguments['snapshot'], own)
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

async function findWanted(
  origin: Repository,
  source: string,
  repository: string,
  id: string | undefined,
  ctx: Context,
): Promise<ListedSnapshot[]> {
  if (id !== undefined) return [await readSnapshot(origin, id, ctx)]
  const own = (await listSnapshots(origin, {}, ctx)).filter((listed) => backedUpSource(listed) === source)
  const newest = own.at(-1)
  if (newest === undefined) throw new AppError('SOURCE_WITHOUT_SNAPSHOT', { source, repository })
  return [newest]
}
