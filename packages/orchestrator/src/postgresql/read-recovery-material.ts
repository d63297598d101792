import type { RecoverableBase, RecoverableLog } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import type { SegmentFacts } from '@holdfast/connectors/postgresql/wal/segment-facts'
import { parseTimelineHistory, type TimelineHistory } from '@holdfast/connectors/postgresql/wal/timeline-history'
import { parseWalFileName, smallestSegmentBytes } from '@holdfast/connectors/postgresql/wal/lsn'
import type { Context } from '@holdfast/core/context'
import type { LogFileInfo } from '@holdfast/repository/log/log-file'
import { type LogReader, readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { decodeNote, segmentFactsOf, withNote } from '../log/wal-log.ts'
import { listPostgresBackups, type PostgresBackup } from './list-backups.ts'

/** All that is in a repository to recover one PostgreSQL source from. */
export interface RecoveryMaterial {
  readonly backups: readonly PostgresBackup[]
  readonly opened: OpenedTrees
  readonly log: LogReader
  readonly recoverable: RecoverableLog
  /** where the content of a segment is */
  readonly segmentFiles: ReadonlyMap<SegmentFacts, LogFileInfo>
  /** history files by timeline */
  readonly historyFiles: ReadonlyMap<number, LogFileInfo>
}

/** Fails with SOURCE_NOT_IN_REPOSITORY when there is no base backup: WAL alone restores nothing. */
export async function readRecoveryMaterial(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<RecoveryMaterial> {
  const log = await readLog(repository, { source, type: 'postgresql', kind: 'wal' }, ctx)
  const { backups, opened } = await listPostgresBackups(repository, source, ctx)
  const files = await log.allFiles(ctx)
  const note = decodeNote(log.note?.facts)
  const histories: TimelineHistory[] = []
  const segmentFiles = new Map<SegmentFacts, LogFileInfo>()
  const historyFiles = new Map<number, LogFileInfo>()
  for (const file of files) {
    const parsed = parseWalFileName(file.name, smallestSegmentBytes)
    if (parsed?.kind === 'history') {
      const bytes = await log.read(file, ctx)
      if (bytes === undefined) continue
      histories.push(parseTimelineHistory(parsed.timeline, bytes.toString('utf8')))
      historyFiles.set(parsed.timeline, file)
    } else {
      const facts = segmentFactsOf(file)
      if (facts !== undefined) segmentFiles.set(withNote(facts, note), file)
    }
  }
  const recoverable = { bases: backups.map(baseOf), segments: [...segmentFiles.keys()], histories }
  return { backups, opened, log, segmentFiles, historyFiles, recoverable }
}

function baseOf({ snapshot, manifest }: PostgresBackup): RecoverableBase {
  const { timeline, startLsn, stopLsn, stoppedAt } = manifest
  return { id: snapshot.id, timeline, startLsn, stopLsn, stoppedAt }
}
