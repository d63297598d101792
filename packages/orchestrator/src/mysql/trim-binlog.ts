import { binlogIndex } from '@holdfast/connectors/mysql/binlog/binlog-position'
import { chainFrom } from '@holdfast/connectors/mysql/recovery/binlog-chain'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { LogLockOptions } from '@holdfast/repository/log/log-keeper'
import type { LogSettings } from '@holdfast/repository/log/batch-file'
import { trimLog, type TrimReport } from '@holdfast/repository/log/trim-log'
import type { Repository } from '@holdfast/repository/repository'
import { binlogPlace, sliceFactsOf } from './binlog-log.ts'
import { baseOf } from './list-mysql-backups.ts'
import { readMysqlMaterial } from './read-mysql-material.ts'

/**
 * Drops the binary log that no backup needs any more: files before the one that the oldest backup left was made in. Files
 * stay or go as a whole, since their beginning tells how to read them. Without any backup nothing is dropped.
 */
export async function trimBinlog(
  repository: Repository,
  source: string,
  options: { readonly settings: LogSettings; readonly lock: LogLockOptions | 'held'; readonly dryRun: boolean },
  ctx: Context,
): Promise<TrimReport> {
  const oldest = await oldestNeeded(repository, source, ctx)
  if (oldest === undefined) return { files: 0, bytes: 0 }
  return await trimLog(
    repository,
    binlogPlace(source),
    (file) => {
      const facts = sliceFactsOf(file)
      if (facts === undefined || facts.generation > oldest.generation) return true
      return facts.generation === oldest.generation && (binlogIndex(facts.file) ?? 0) >= oldest.index
    },
    options,
    ctx,
  )
}

/** A backup that no log goes on from might be one whose log is not here yet: then nothing is dropped. */
async function oldestNeeded(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<{ readonly generation: number; readonly index: number } | undefined> {
  try {
    const { backups, partial, slices } = await readMysqlMaterial(repository, source, ctx)
    const firsts = [...backups, ...partial].map((backup) => chainFrom(baseOf(backup), slices).slices[0])
    const places = firsts.map((facts) => facts && { generation: facts.generation, index: binlogIndex(facts.file) ?? 0 })
    if (places.some((place) => place === undefined)) return undefined
    return places
      .filter((place) => place !== undefined)
      .toSorted((one, other) => one.generation - other.generation || one.index - other.index)[0]
  } catch (error) {
    if (isAppError(error, 'SOURCE_NOT_IN_REPOSITORY')) return undefined
    throw error
  }
}
