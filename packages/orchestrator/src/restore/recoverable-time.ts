import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { sourceUnknown } from '../backup/list-source-backups.ts'
import { backedUpSource } from '../operation/snapshot-record.ts'
import { timeOf } from './choose-snapshot.ts'

/** Which instants of a source can be recovered from one repository. Instants are ISO 8601 in UTC, as exact as they are known. */
export interface RecoverableTime {
  /** Within each every instant can be recovered; oldest first, not overlapping. Where there is no log, of one instant each. */
  readonly ranges: readonly { readonly from: string; readonly until: string; readonly backups: number }[]
  /** between the ranges */
  readonly gaps: readonly { readonly from: string; readonly until: string; readonly reason: GapReason }[]
  readonly backups: number
  readonly logFiles: number
  /** before deduplication and compression */
  readonly logBytes: number
  /** of PostgreSQL: the one that is told of, and all of which something is there */
  readonly timeline?: number
  readonly timelines?: readonly number[]
}

/** `no-log`: only backups themselves can be restored; `wal-level-minimal`: the server wrote too little of it */
export type GapReason = 'log-missing' | 'wal-level-minimal' | 'no-log'

/**
 * What `holdfast coverage` shows, of any source. `timeline`: of PostgreSQL, the newest unless given. Fails with
 * SOURCE_NOT_IN_REPOSITORY, RECOVERY_TIMELINE_UNKNOWN, OPERATION_UNSUITABLE for a timeline of what has none.
 */
export async function readRecoverableTime(
  repository: Repository,
  { name, workload }: Pick<SourceSettings, 'name' | 'workload'>,
  timeline: number | undefined,
  ctx: Context,
): Promise<RecoverableTime> {
  if (workload.type === 'postgresql' && workload.method !== 'logical') {
    return await ofPostgres(repository, name, timeline ?? 'latest', ctx)
  }
  if (timeline !== undefined) {
    throw new AppError('OPERATION_UNSUITABLE', {
      ...{ operation: 'show the coverage of', subject: name, reason: 'it has no timelines' },
    })
  }
  return workload.type === 'mysql' ? await ofMysql(repository, name, ctx) : await ofSnapshots(repository, name, ctx)
}

async function ofPostgres(
  repository: Repository,
  source: string,
  timeline: number | 'latest',
  ctx: Context,
): Promise<RecoverableTime> {
  const { readCoverage } = await import('../log/read-coverage.ts')
  const { coverage, baseBackups, walFiles, walBytes } = await readCoverage(repository, source, timeline, ctx)
  return {
    ranges: (coverage?.ranges ?? []).map(rangeOf),
    gaps: (coverage?.gaps ?? []).map(({ from, until, reason }) => ({
      ...{ from, until, reason: reason === 'wal-missing' ? 'log-missing' : reason },
    })),
    ...{ backups: baseBackups, logFiles: walFiles, logBytes: walBytes },
    ...(coverage !== undefined && { timeline: coverage.timeline, timelines: coverage.timelines }),
  }
}

async function ofMysql(repository: Repository, source: string, ctx: Context): Promise<RecoverableTime> {
  const { readMysqlCoverage } = await import('../mysql/read-mysql-coverage.ts')
  const { coverage, backups, slices, logBytes } = await readMysqlCoverage(repository, source, ctx)
  return {
    ranges: (coverage?.ranges ?? []).map(rangeOf),
    gaps: (coverage?.gaps ?? []).map(({ from, until }) => ({ from, until, reason: 'log-missing' })),
    ...{ backups, logFiles: slices, logBytes },
  }
}

async function ofSnapshots(repository: Repository, source: string, ctx: Context): Promise<RecoverableTime> {
  const all = await listSnapshots(repository, {}, ctx)
  const own = all.filter((each) => backedUpSource(each) === source)
  if (own.length === 0) throw sourceUnknown(repository, source, all)
  // oldest first; several may be of one instant
  const counted = [...Map.groupBy(own, (each) => timeOf(each).toISOString())]
  const ranges = counted.map(([instant, same]) => ({ from: instant, until: instant, backups: same.length }))
  const gaps = ranges.slice(1).map(({ from }, at) => {
    return { from: ranges[at]?.until ?? from, until: from, reason: 'no-log' as const }
  })
  return { ranges, gaps, backups: own.length, logFiles: 0, logBytes: 0 }
}

function rangeOf({
  from,
  until,
  bases,
}: {
  readonly from: string
  readonly until: string
  readonly bases: readonly string[]
}) {
  return { from, until, backups: bases.length }
}
