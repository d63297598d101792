import type { Context } from '@holdfast/core/context'
import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { copySnapshots } from '@holdfast/repository/copy/copy-snapshots'
import type { Repository } from '@holdfast/repository/repository'
import type { SaveReport } from '@holdfast/repository/save/save-request'
import { readSnapshot } from '@holdfast/repository/snapshot/list-snapshots'
import type { Sample, SnapshotRecord } from '../catalogue/catalogue.ts'
import type { Run, RunResult } from '../run/run.ts'
import { backUpCommand } from './back-up-command.ts'
import { backUpFiles } from './back-up-files.ts'
import { backUpMysql } from './back-up-mysql.ts'
import { backUpPostgres } from './back-up-postgres.ts'
import type { BackupRequest, SourceBackup } from './backup-request.ts'
import { messageOf, type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { namedTags } from './named-backup.ts'
import { noteRowDrops } from './note-row-drops.ts'
import { snapshotRecordOf } from './snapshot-record.ts'
import { type LockedRepositories, withRepositories } from './with-repositories.ts'

/**
 * Backs up a source: by fan-out into all of its repositories from one reading, else into the first. A repository that
 * fails keeps no other from its snapshot. Repositories that cut files differently get theirs copied from the first, where
 * it is not an agent that does this.
 */
export async function backUp(
  run: Run,
  source: SourceSettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const names = source.copyMethod === 'fan-out' ? source.repositories : source.repositories.slice(0, 1)
  const back = (locked: LockedRepositories, own: Context): Promise<OperationReport> =>
    backUpInto(locked, run, source, surroundings, own)
  return await withRepositories(names, { exclusive: false }, surroundings, back, ctx)
}

async function backUpInto(
  { opened, failed }: LockedRepositories,
  run: Run,
  source: SourceSettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const { config, machine, catalogue } = surroundings
  const { alike, others } = splitByCutting(opened)
  const repositories = [...alike.values()]
  const backup = await backUpWorkload(
    { runId: run.id, tags: namedTags(run), source, repositories, host: config.host, machine },
    ctx,
  )
  const { saved } = backup
  const snapshots: Record<string, string> = {}
  const problems = [...backup.problems]
  for (const [name, error] of failed) problems.push(`no snapshot in ${name}: ${messageOf(error)}`)
  for (const [position, name] of [...alike.keys()].entries()) {
    const stored = saved.repositories[position]
    if (stored?.snapshotId !== undefined) snapshots[name] = stored.snapshotId
    else problems.push(`no snapshot in ${name}: ${messageOf(stored?.failure)}`)
  }
  const [[firstName, firstId] = ['', '']] = Object.entries(snapshots)
  const origin = alike.get(firstName)
  for (const [name, repository] of others) {
    // an agent may be unable to read what it has written, and a server copies what is missing anyway
    if (origin === undefined || source.agent !== undefined) break
    const copied = await copyOne(origin, firstId, repository, machine.workers, ctx)
    if ('id' in copied) snapshots[name] = copied.id
    else problems.push(`no snapshot in ${name}: ${copied.reason}`)
  }
  const records = await readRecords(snapshots, opened, source.name, ctx)
  await catalogue.snapshots.add(records)
  await catalogue.samples.add(samplesOf(source.name, backup, ctx))
  const { type } = source.workload
  if (backup.tables !== undefined && origin !== undefined && (type === 'postgresql' || type === 'mysql')) {
    const counted = { source: source.name, type, tables: backup.tables, repository: origin, snapshotId: firstId }
    await noteRowDrops(counted, catalogue.marks, ctx)
  }
  return reportOf({ snapshots, ...resultOf(saved) }, problems)
}

async function backUpWorkload(request: BackupRequest, ctx: Context): Promise<SourceBackup> {
  const { workload } = request.source
  switch (workload.type) {
    case 'files':
      return await backUpFiles(workload, request, ctx)
    case 'command':
      return await backUpCommand(workload, request, ctx)
    case 'postgresql':
      return await backUpPostgres(workload, request, ctx)
    case 'mysql':
      return await backUpMysql(workload, request, ctx)
  }
}

type Named = ReadonlyMap<string, Repository>

/** One reading serves repositories that cut files in the same places. */
function splitByCutting(opened: Named): { readonly alike: Named; readonly others: Named } {
  const [first] = opened.values()
  const isAlike = ({ config }: Repository): boolean => config.chunkerPolynomial === first?.config.chunkerPolynomial
  return {
    alike: new Map([...opened].filter(([, repository]) => isAlike(repository))),
    others: new Map([...opened].filter(([, repository]) => !isAlike(repository))),
  }
}

async function copyOne(
  from: Repository,
  snapshotId: string,
  to: Repository,
  workers: number,
  ctx: Context,
): Promise<{ readonly id: string } | { readonly reason: string }> {
  try {
    const listed = await readSnapshot(from, snapshotId, ctx)
    const { snapshots } = await copySnapshots(from, to, [listed], { compression: 'auto', workers }, ctx)
    const [copied] = snapshots
    if (copied?.destinationId !== undefined) return { id: copied.destinationId }
    return { reason: copied?.reason ?? 'it was not copied' }
  } catch (error) {
    ctx.signal.throwIfAborted()
    return { reason: messageOf(error) }
  }
}

async function readRecords(
  snapshots: Readonly<Record<string, string>>,
  opened: Named,
  source: string,
  ctx: Context,
): Promise<SnapshotRecord[]> {
  const records: SnapshotRecord[] = []
  for (const [name, id] of Object.entries(snapshots)) {
    const repository = opened.get(name)
    if (repository === undefined) continue
    records.push(snapshotRecordOf(name, source, await readSnapshot(repository, id, ctx)))
  }
  return records
}

function resultOf(saved: SaveReport): RunResult {
  const [first] = saved.repositories.filter(({ snapshotId }) => snapshotId !== undefined)
  return {
    filesNew: saved.filesNew,
    filesChanged: saved.filesChanged,
    filesUnmodified: saved.filesUnmodified,
    bytesRead: saved.bytesTotal,
    bytesAdded: first?.dataAdded ?? 0,
    bytesStored: first?.dataAddedPacked ?? 0,
  }
}

function samplesOf(source: string, { saved, tables }: SourceBackup, ctx: Context): Sample[] {
  const { bytesRead = 0, bytesAdded = 0, bytesStored = 0 } = resultOf(saved)
  const files = saved.filesNew + saved.filesChanged + saved.filesUnmodified
  const figures: Readonly<Record<string, number>> = {
    'backup-bytes-read': bytesRead,
    'backup-bytes-added': bytesAdded,
    'backup-bytes-stored': bytesStored,
    'backup-duration-ms': saved.endedAt.getTime() - saved.startedAt.getTime(),
    ...(files === 0 ? {} : { 'backup-files-changed-part': (saved.filesNew + saved.filesChanged) / files }),
    ...(tables === undefined ? {} : { 'backup-rows': tables.values().reduce((sum, rows) => sum + rows, 0) }),
  }
  const at = ctx.now()
  return Object.entries(figures).map(([figure, value]) => ({ figure, subject: `source/${source}`, at, value }))
}
