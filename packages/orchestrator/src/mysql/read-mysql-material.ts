import type { SliceFacts } from '@holdfast/connectors/mysql/binlog/slice-facts'
import type { ReadSlice } from '@holdfast/connectors/mysql/recovery/replay-plan'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { LogFileInfo } from '@holdfast/repository/log/log-file'
import { type LogReader, readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { binlogPlace, sliceFactsOf } from './binlog-log.ts'
import { listMysqlBackups, mainBackups, type MysqlBackup } from './list-mysql-backups.ts'

/** All that is in a repository to recover one MySQL source from. */
export interface MysqlMaterial {
  readonly backups: readonly MysqlBackup[]
  /** dumps of some databases, made besides: for those databases only */
  readonly partial: readonly MysqlBackup[]
  readonly opened: OpenedTrees
  readonly log: LogReader
  readonly slices: readonly SliceFacts[]
  readonly read: ReadSlice
  readonly logBytes: number
}

/** Fails with SOURCE_NOT_IN_REPOSITORY when there is no backup: a log alone restores nothing. */
export async function readMysqlMaterial(repository: Repository, source: string, ctx: Context): Promise<MysqlMaterial> {
  const log = await readLog(repository, binlogPlace(source), ctx)
  const { backups: all, opened } = await listMysqlBackups(repository, source, ctx)
  const backups = mainBackups(all)
  const files = new Map<SliceFacts, LogFileInfo>()
  for (const file of await log.allFiles(ctx)) {
    const facts = sliceFactsOf(file)
    if (facts !== undefined) files.set(facts, file)
  }
  return {
    backups,
    partial: all.filter((one) => !backups.includes(one)),
    opened,
    log,
    slices: [...files.keys()],
    logBytes: [...files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    async read(facts, own) {
      const file = files.get(facts)
      const bytes = file && (await log.read(file, own))
      if (bytes === undefined)
        throw new AppError('REPOSITORY_DAMAGED', { object: `log file ${facts.file}`, reason: 'it is missing' })
      // a tip may hold more by now than its facts tell of
      return bytes.subarray(0, facts.endPosition - facts.startPosition)
    },
  }
}
