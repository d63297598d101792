import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { hasLog } from '@holdfast/core/config/resolve/workload-settings'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { executeForget } from '@holdfast/repository/forget/execute-forget'
import { type ForgetPlan, planForgetSnapshots } from '@holdfast/repository/forget/plan-forget'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshotIds, listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { Catalogue, SnapshotRecord } from '../catalogue/catalogue.ts'
import { trimWal } from '../log/trim-wal.ts'
import { readAnomaly } from '../planning/read-anomaly.ts'
import { trimBinlog } from '../mysql/trim-binlog.ts'
import { pausesRetention, planRetention, provenIds } from '../planning/retention.ts'
import type { Run } from '../run/run.ts'
import { refuseProtected } from './named-backup.ts'
import { type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { saveSettingsFor } from './save-settings-for.ts'
import { backedUpSource, snapshotRecordOf, tagValue } from './snapshot-record.ts'
import { withRepository } from './with-repositories.ts'

/** Evidence of snapshots that are gone is kept for so many proofs. */
const proofsKept = 10
const attempts = 5

/**
 * Removes the snapshots of a source that its retention does not keep, from one repository or all of its own, and the log
 * that only they needed; or the one backup that the argument "lineage" names (BACKUP_PROTECTED). The lock is a shared one: backups of other sources may last for hours, and removing snapshots
 * (not data) disturbs none of them; the plan is made anew when one of them has ended meanwhile.
 */
export async function forgetSource(
  run: Run,
  source: SourceSettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const names = run.repository === undefined ? source.repositories : [run.repository]
  const { lineage } = run.arguments
  let snapshotsRemoved = 0
  for (const name of names) {
    const forget = (repository: Repository, own: Context): Promise<number> =>
      forgetIn({ name, repository, source, ...(lineage === undefined ? {} : { lineage }) }, surroundings, own)
    snapshotsRemoved += await withRepository(name, { exclusive: false }, surroundings, forget, ctx)
    await trimLog(name, source, surroundings, ctx)
  }
  return reportOf({ snapshotsRemoved }, [])
}

interface Place {
  readonly name: string
  readonly repository: Repository
  readonly source: SourceSettings
  /** only this backup, whatever retention says of it */
  readonly lineage?: string
}

async function forgetIn(place: Place, surroundings: OperationSurroundings, ctx: Context): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const plan = await planIn(place, surroundings, ctx)
    if (plan.remove.length === 0) return 0
    try {
      const removed = await executeForget(place.repository, plan, ctx)
      await surroundings.catalogue.snapshots.remove(place.name, removed)
      return removed.length
    } catch (error) {
      if (!isAppError(error, 'PLAN_STALE') || attempt === attempts) throw error
    }
  }
}

async function planIn(
  { name, repository, source, lineage }: Place,
  { catalogue }: OperationSurroundings,
  ctx: Context,
): Promise<ForgetPlan> {
  const presentIds = await listSnapshotIds(repository, ctx)
  const all = await listSnapshots(repository, { onUnreadable: () => {} }, ctx)
  const own = all.filter((listed) => backedUpSource(listed) === source.name)
  const [known, proofs, openFindings, isOdd] = await Promise.all([
    catalogue.snapshots.list({ source: source.name }),
    catalogue.proofs.list({ source: source.name }),
    catalogue.findings.list({ isOpen: true }),
    readAnomaly(source, catalogue, ctx.now()),
  ])
  // the truth about this repository is the repository, and an agent may have told something else
  const listed = own.map((each) => snapshotRecordOf(name, source.name, each))
  await correctCatalogue({ name, known, listed, presentIds }, catalogue)
  const records = [...known.filter((record) => record.repository !== name), ...listed]
  const proven = provenIds(name, records, proofs)
  if (lineage !== undefined) {
    const named = own.filter((each) => snapshotRecordOf(name, source.name, each).lineage === lineage)
    refuseProtected(named, { source: source.name, own, provenIds: proven })
    return planForgetSnapshots(named, { repositoryId: repository.config.id, presentIds })
  }
  const { remove } = planRetention(own, {
    keep: source.keep.get(name) ?? {},
    provenIds: proven,
    isProving: source.prove.newest !== undefined || source.prove.random !== undefined,
    isPaused: isOdd || pausesRetention(source.name, openFindings),
    now: ctx.now(),
  })
  const named = [...remove, ...staleProofs(all, source.name, remove)]
  return planForgetSnapshots(named, { repositoryId: repository.config.id, presentIds })
}

interface Listed {
  readonly name: string
  readonly known: readonly SnapshotRecord[]
  readonly listed: readonly SnapshotRecord[]
  /** those that cannot be read included */
  readonly presentIds: readonly string[]
}

/** Forgets what is remembered and not there, and remembers what is there: a backup whose result came too late. */
async function correctCatalogue({ name, known, listed, presentIds }: Listed, catalogue: Catalogue): Promise<void> {
  const here = known.filter(({ repository }) => repository === name).map(({ snapshotId }) => snapshotId)
  const [remembered, present] = [new Set(here), new Set(presentIds)]
  const gone = here.filter((id) => !present.has(id))
  const found = listed.filter(({ snapshotId }) => !remembered.has(snapshotId))
  if (gone.length > 0) await catalogue.snapshots.remove(name, gone)
  if (found.length > 0) await catalogue.snapshots.add(found)
}

/** Proofs of snapshots that are gone, except the newest. */
function staleProofs(
  all: readonly ListedSnapshot[],
  source: string,
  leaving: readonly ListedSnapshot[],
): ListedSnapshot[] {
  const left = new Set(leaving.map(({ id }) => id))
  const present = new Set(all.filter(({ id }) => !left.has(id)).map(({ id }) => id.slice(0, 8)))
  const proofs = all.filter(({ snapshot: { tags } }) => {
    return tags.includes('holdfast') && tagValue(tags, 'source') === source && tagValue(tags, 'proof') !== undefined
  })
  return proofs.slice(0, -proofsKept).filter(({ snapshot }) => !present.has(tagValue(snapshot.tags, 'of') ?? ''))
}

/** Waits for batches of the follower itself, so it needs no lock of ours. */
async function trimLog(
  name: string,
  source: SourceSettings,
  { repositories, machine, config }: OperationSurroundings,
  ctx: Context,
): Promise<void> {
  if (!hasLog(source.workload)) return
  const repository = await repositories.open(name, ctx)
  const settings = saveSettingsFor(machine, config.host)
  const trim = source.workload.type === 'mysql' ? trimBinlog : trimWal
  await trim(repository, source.name, { settings, lock: { identity: machine.identity }, dryRun: false }, ctx)
}
