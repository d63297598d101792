import { formatSize } from '@holdfast/core/units/size'
import type { RepositorySaveReport, SaveReport } from '@holdfast/repository/save/save-request'
import { formatClock } from '../output/local-time.ts'

/** What a backup did, for people. */
export function renderBackupReport(report: SaveReport, choice: { dryRun: boolean }): string {
  const durationMs = report.endedAt.getTime() - report.startedAt.getTime()
  const counts = (title: string, fresh: number, changed: number, same: number) =>
    `${title} ${String(fresh).padStart(7)} new, ${String(changed).padStart(7)} changed, ${String(same).padStart(7)} unmodified`
  const several = report.repositories.length > 1
  return [
    counts('Files:', report.filesNew, report.filesChanged, report.filesUnmodified),
    counts('Dirs: ', report.dirsNew, report.dirsChanged, report.dirsUnmodified),
    ...report.repositories.map((each) => storedLine(each, several, choice.dryRun)),
    '',
    `processed ${report.filesTotal} files, ${formatSize(report.bytesTotal)} in ${formatClock(durationMs)}`,
    ...report.repositories.map((each) => snapshotLine(each, several, choice.dryRun)),
  ].join('\n')
}

/** The same for programs, one object for each repository, in restic's words. */
export function backupSummaries(report: SaveReport, choice: { dryRun: boolean }): Readonly<Record<string, unknown>>[] {
  return report.repositories.map((stored) => ({
    message_type: 'summary',
    ...(choice.dryRun ? { dry_run: true } : {}),
    ...(report.repositories.length > 1 ? { repository: stored.location } : {}),
    files_new: report.filesNew,
    files_changed: report.filesChanged,
    files_unmodified: report.filesUnmodified,
    dirs_new: report.dirsNew,
    dirs_changed: report.dirsChanged,
    dirs_unmodified: report.dirsUnmodified,
    data_blobs: stored.dataBlobs,
    tree_blobs: stored.treeBlobs,
    data_added: stored.dataAdded,
    data_added_packed: stored.dataAddedPacked,
    total_files_processed: report.filesTotal,
    total_bytes_processed: report.bytesTotal,
    total_duration: (report.endedAt.getTime() - report.startedAt.getTime()) / 1000,
    backup_start: report.startedAt.toISOString(),
    backup_end: report.endedAt.toISOString(),
    parent: stored.parentId,
    snapshot_id: stored.snapshotId,
    error: stored.failure === undefined ? undefined : { message: messageOf(stored.failure) },
  }))
}

function storedLine(stored: RepositorySaveReport, several: boolean, dryRun: boolean): string {
  const verb = dryRun ? 'Would add' : 'Added'
  const where = several ? ` to ${stored.location}` : ' to the repository'
  return `${verb}${where}: ${formatSize(stored.dataAdded)} (${formatSize(stored.dataAddedPacked)} stored)`
}

function snapshotLine(stored: RepositorySaveReport, several: boolean, dryRun: boolean): string {
  const where = several ? ` in ${stored.location}` : ''
  if (stored.failure !== undefined) return `no snapshot${where}: ${messageOf(stored.failure)}`
  if (stored.snapshotId !== undefined) return `snapshot ${stored.snapshotId.slice(0, 8)} saved${where}`
  return dryRun ? `no snapshot${where}: dry run` : `no snapshot${where}: nothing has changed`
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure)
}
