import type { Caller } from '@holdfast/api/caller'
import type { RouteInput } from '@holdfast/api/route'
import type { instanceRoutes } from '@holdfast/api/routes/instances'
import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize, parseSizeBytes } from '@holdfast/core/units/size'
import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import { namedBackupArguments } from '@holdfast/orchestrator/operation/named-backup'
import { provenIds } from '@holdfast/orchestrator/planning/retention'
import { draftByHand } from '@holdfast/orchestrator/planning/draft-by-hand'
import type { RunDraft } from '@holdfast/orchestrator/run/run'
import type { ReadingSurroundings } from './reading-surroundings.ts'
import { findBackup, type InstanceBackup, listInstanceBackups } from './instance-backups.ts'
import { makeRestorePlan } from './make-restore-plan.ts'
import { queueRun } from './queue-run.ts'
import { draftOf } from './restore-answers.ts'
import type { RouteAnswer } from './route-answer.ts'
import { configSeenBy } from './seen-by.ts'
import { viewOfRun } from './view-of-run.ts'

type Routes = typeof instanceRoutes
export type InstanceAnswers = { readonly [Name in keyof Routes]: RouteAnswer<Routes[Name]> }

const dayMs = 86_400_000

/** For clients of an earlier design: an instance is a source, its backups are snapshots with a tag "name=…". */
export function createInstanceAnswers(surroundings: ReadingSurroundings): InstanceAnswers {
  const { config } = surroundings
  const known = (name: string, caller: Caller): SourceSettings =>
    requireKnown('source', name, configSeenBy(caller, config()).sources)
  return {
    async 'instances.backup'(input, caller, ctx) {
      const { backupName, retentionDays } = input.body
      const source = known(input.params.name, caller)
      const draft = async (): Promise<RunDraft> => {
        await refuseTaken(backupName, source, surroundings, ctx)
        const keptUntil = new Date(ctx.now().getTime() + retentionDays * dayMs)
        const made = draftByHand(wanted('backup', source.name, caller.name), config(), ctx.now())
        return { ...made, arguments: namedBackupArguments({ name: backupName, keptUntil }) }
      }
      return viewOfRun(await queueRun({ route: 'instances.backup', input, caller }, draft, surroundings, ctx))
    },
    async 'instances.restore'(input, caller, ctx) {
      const source = known(input.params.name, caller)
      const draft = () => draftNewInstance(source, input.body, caller, surroundings, ctx)
      return viewOfRun(await queueRun({ route: 'instances.restore', input, caller }, draft, surroundings, ctx))
    },
    async 'instances.backups'({ params }, caller, ctx) {
      const backups = await listInstanceBackups(known(params.name, caller), surroundings, ctx)
      return { backups: backups.map(({ lineage: _lineage, ...shown }) => ({ ...shown, copies: [...shown.copies] })) }
    },
    async 'instances.remove'(input, caller, ctx) {
      const { params } = input
      const source = known(params.name, caller)
      const draft = async (): Promise<RunDraft> => {
        const backup = findBackup(params.backup, source.name, await listInstanceBackups(source, surroundings, ctx))
        await refuseProtectedBackup(backup, source, surroundings)
        const made = draftByHand(wanted('forget', source.name, caller.name), config(), ctx.now())
        return { ...made, arguments: { lineage: backup.lineage } }
      }
      return viewOfRun(await queueRun({ route: 'instances.remove', input, caller }, draft, surroundings, ctx))
    },
  }
}

/** Fails with BACKUP_NAME_UNKNOWN, RESTORE_TOO_LARGE, and as planning does. */
async function draftNewInstance(
  source: SourceSettings,
  { backupName, newInstanceName, size }: RouteInput<Routes['instances.restore']>['body'],
  caller: Caller,
  surroundings: ReadingSurroundings,
  ctx: Context,
): Promise<RunDraft> {
  const backup = findBackup(backupName, source.name, await listInstanceBackups(source, surroundings, ctx))
  const [copy] = backup.copies
  if (copy === undefined) throw new Error('a backup without a snapshot was listed')
  const to = { type: 'directory', path: newInstanceName, existing: 'refuse' } as const
  const order = { source: source.name, ...copy, at: backup.createdAt, to }
  const plan = await makeRestorePlan(withoutMoment(order, source), caller, surroundings, ctx)
  const mayTake = typeof size === 'number' ? size : parseSizeBytes(size, 'size')
  const needed = plan.bytes + plan.logBytes
  if (needed > mayTake) {
    const limit = `only ${formatSize(mayTake)} were given`
    throw new AppError('RESTORE_TOO_LARGE', { what: backupName, needed: formatSize(needed), limit })
  }
  if (plan.freeBytes !== undefined && mayTake > plan.freeBytes) {
    const limit = `only ${formatSize(plan.freeBytes)} are free there`
    throw new AppError('RESTORE_TOO_LARGE', { what: newInstanceName, needed: formatSize(mayTake), limit })
  }
  return draftOf(plan, caller, surroundings, ctx)
}

function wanted(operation: 'backup' | 'forget', name: string, by: string) {
  return { operation, name, by, repository: undefined, from: undefined, target: undefined, parts: undefined }
}

/** The backup of a data directory of MySQL is chosen by the moment; all others by their snapshot. */
function withoutMoment<Order extends { readonly at: string; readonly snapshot: string }>(
  { snapshot, ...order }: Order,
  { workload }: SourceSettings,
) {
  const isByMoment = workload.type === 'mysql' && workload.method === 'direct'
  return isByMoment ? order : { ...order, snapshot, at: 'latest' }
}

/** Fails with BACKUP_NAME_TAKEN, also by one that is being made or waits. */
async function refuseTaken(
  name: string,
  source: SourceSettings,
  surroundings: ReadingSurroundings,
  ctx: Context,
): Promise<void> {
  const active = await surroundings.catalogue.runs.list({
    ...{ source: source.name, operation: 'backup', states: ['queued', 'running'] },
  })
  const backups = await listInstanceBackups(source, surroundings, ctx)
  const isTaken =
    active.some(({ arguments: given }) => given['name'] === name) || backups.some((each) => each.backupName === name)
  if (isTaken) throw new AppError('BACKUP_NAME_TAKEN', { source: source.name, name })
}

/** So that whoever asks is told at once; the run looks again. Fails with BACKUP_PROTECTED. */
async function refuseProtectedBackup(
  { backupName: name, isPinned, lineage }: InstanceBackup,
  { name: source, repositories }: SourceSettings,
  { catalogue }: ReadingSurroundings,
): Promise<void> {
  if (isPinned) {
    const advice = 'Take the pin away first, with `holdfast tag --remove`.'
    throw new AppError('BACKUP_PROTECTED', { source, name, reason: 'it is pinned', advice })
  }
  const [records, proofs] = await Promise.all([
    catalogue.snapshots.list({ source }),
    catalogue.proofs.list({ source, limit: 500 }),
  ])
  const proven = new Set(repositories.flatMap((each) => [...provenIds(each, records, proofs)]))
  const newest = records.find(({ snapshotId }) => proven.has(snapshotId))
  if (newest?.lineage !== lineage) return
  const reason = 'it is the newest that was proven to be restorable'
  throw new AppError('BACKUP_PROTECTED', { source, name, reason, advice: 'Prove a newer one first.' })
}
