import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { RecoverySettings } from '@holdfast/connectors/postgresql/restore/recovery-settings'
import { planRecovery, type RecoveryPlan } from '@holdfast/connectors/postgresql/wal/recovery-plan'
import type { RecoveryTarget } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { type ArchivedNeed, findArchivedPacks, type WantedTree } from '@holdfast/repository/archive/archived-packs'
import type { Repository } from '@holdfast/repository/repository'
import {
  checkPlace,
  linkedTablespaces,
  placeTablespaces,
  refuseNested,
  requireSpace,
  type SpaceNeed,
  spaceNeeds,
} from './cluster-places.ts'
import { holdsWalOnly } from './left-wal.ts'
import type { PostgresBackup } from './list-backups.ts'
import { readRecoveryMaterial, type RecoveryMaterial } from './read-recovery-material.ts'

export interface PostgresRestoreRequest {
  readonly source: string
  readonly target: RecoveryTarget
  /** becomes the data directory */
  readonly to: string
  /** where tablespaces go, by their original path; others go to "<to>-tablespaces/<oid>" */
  readonly tablespaceMapping: ReadonlyMap<string, string>
  /** what the server does at the target */
  readonly action: RecoverySettings['action']
  /** the target directory holds an older or damaged copy of the cluster: make it equal, reading only what differs */
  readonly delta: boolean
  readonly workers: number
}

/** What a restore will do, before it does anything. */
export interface PostgresRestorePlan {
  readonly material: RecoveryMaterial
  readonly request: PostgresRestoreRequest
  readonly backup: PostgresBackup
  readonly recovery: RecoveryPlan
  readonly dataDirectory: string
  readonly walDirectory: string
  readonly tablespaces: ReadonlyMap<number, string>
  /** of the base backup and of the WAL, uncompressed */
  readonly dataBytes: number
  readonly walBytes: number
  /** what each file system must take, that of the data directory first */
  readonly space: readonly SpaceNeed[]
  /** of the data directory and its tablespaces, those that hold something, which goes */
  readonly replaced: readonly string[]
  /** what has to be brought back from the store's archive first */
  readonly archived: ArchivedNeed
}

/**
 * Decides which base backup and which WAL reach the target, and looks whether the target can take them. Changes nothing.
 * Fails with SOURCE_NOT_IN_REPOSITORY, RECOVERY_…, TARGET_NOT_EMPTY, TARGET_UNUSABLE, RESTORE_TARGET_IN_USE.
 */
export async function planPostgresRestore(
  repository: Repository,
  request: PostgresRestoreRequest,
  ctx: Context,
): Promise<PostgresRestorePlan> {
  const dataDirectory = resolve(request.to)
  await refuseRunningServer(dataDirectory)
  const material = await readRecoveryMaterial(repository, request.source, ctx)
  const recovery = planRecovery(material.recoverable, request.target)
  const backup = material.backups.find(({ snapshot }) => snapshot.id === recovery.base.id)
  if (backup === undefined) throw new Error(`the plan names a backup that is not there: ${recovery.base.id}`)
  const walDirectory = `${dataDirectory}-wal`
  const tablespaces = placeTablespaces(backup.manifest, dataDirectory, request.tablespaceMapping)
  const linked = linkedTablespaces(backup.manifest, tablespaces)
  refuseNested([dataDirectory, walDirectory, ...linked.values()])
  const dataBytes = backup.manifest.bytes
  const walBytes = recovery.segments.reduce((sum, { segmentBytes }) => sum + segmentBytes, 0)
  const sizes = new Map(backup.manifest.tablespaces.map(({ oid, sizeBytes }) => [oid, sizeBytes]))
  const apart = [...linked].map(([oid, path]) => ({ path, bytes: sizes.get(oid) ?? 0 }))
  const apartBytes = apart.reduce((sum, { bytes }) => sum + bytes, 0)
  const data = { path: dataDirectory, bytes: Math.max(0, dataBytes - apartBytes) }
  const filled = [data, ...apart].map((place) => ({ ...place, checked: checkPlace(place.path, request) }))
  // what the restore before has left there is of no use: whoever was at a wrong instant tries another
  const replaced = { delta: request.delta && (await holdsWalOnly(walDirectory)) }
  const wal = { path: walDirectory, bytes: walBytes, checked: checkPlace(walDirectory, replaced) }
  const space = spaceNeeds([...filled, wal])
  // a delta restore needs room only for what is not there, which is not known yet
  if (!request.delta) requireSpace(space)
  return {
    ...{ material, request, backup, recovery, dataDirectory, walDirectory, tablespaces, dataBytes, walBytes, space },
    replaced: filled.flatMap(({ path, checked }) => (checked.isEmpty ? [] : [path])),
    archived: await findArchivedPacks(repository, await wantedTrees(material, backup, recovery, ctx), ctx),
  }
}

/** The base backup, and what the log has of the segments in its batches. */
async function wantedTrees(
  { log, segmentFiles }: RecoveryMaterial,
  { snapshot }: PostgresBackup,
  { segments }: RecoveryPlan,
  ctx: Context,
): Promise<WantedTree[]> {
  const files = segments.flatMap((facts) => segmentFiles.get(facts) ?? [])
  const batched = Map.groupBy(
    files.filter(({ heldIn }) => heldIn === 'batch'),
    ({ folder }) => folder,
  )
  const wanted: WantedTree[] = [{ tree: snapshot.snapshot.tree }]
  for (const [folder, own] of batched) {
    const names = own.map(({ name }) => name)
    for (const share of await log.trees(folder, names, ctx)) {
      wanted.push({ tree: share.treeId, include: [{ lines: share.names.map((name) => `/${name}`) }] })
    }
  }
  return wanted
}

/**
 * A server must not lose its files. Its lock file names its process; one in a container is the first process there, so that it
 * cannot be told from here whether it lives.
 */
async function refuseRunningServer(dataDirectory: string): Promise<void> {
  const [line = ''] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(line)
  if (!Number.isInteger(pid) || pid < 1) return
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return
  }
  throw new AppError('RESTORE_TARGET_IN_USE', { target: dataDirectory, pid })
}
