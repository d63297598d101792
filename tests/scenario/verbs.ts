/** The verbs as these tests use them: few threads, small packs, and the choices that do not matter made once. */
import { dirname, relative } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { check } from '@holdfast/repository/check/check'
import type { CheckReport } from '@holdfast/repository/check/check-options'
import { copySnapshots, type CopyReport } from '@holdfast/repository/copy/copy-snapshots'
import { executeForget } from '@holdfast/repository/forget/execute-forget'
import { planForgetSnapshots } from '@holdfast/repository/forget/plan-forget'
import { executePrune, type PruneReport } from '@holdfast/repository/prune/execute-prune'
import { planPrune } from '@holdfast/repository/prune/plan-prune'
import type { Repository } from '@holdfast/repository/repository'
import { restore } from '@holdfast/repository/restore/restore'
import type { RestoreReport, RestoreRequest } from '@holdfast/repository/restore/restore-request'
import { save } from '@holdfast/repository/save/save'
import type { SaveReport, SaveRequest } from '@holdfast/repository/save/save-request'
import { listSnapshotIds, listSnapshots, readSnapshot } from '@holdfast/repository/snapshot/list-snapshots'

/**
 * A request for a backup of paths that lie beside each other, with restic's defaults. The paths are taken relative to
 * their directory: what else happens in the directories above would make every tree another one.
 */
export function saveRequest(paths: readonly string[], overrides: Partial<SaveRequest> = {}): SaveRequest {
  const workingDirectory = dirname(paths[0] ?? '/')
  return {
    source: { type: 'paths', paths: paths.map((path) => relative(workingDirectory, path)), workingDirectory },
    identity: { hostname: 'scenario', username: 'root', uid: 0, gid: 0 },
    time: new Date(),
    tags: [],
    programVersion: 'holdfast test',
    filter: {},
    excludes: [],
    parent: { type: 'choose', groupBy: { host: true, paths: true, tags: false } },
    withAtime: false,
    ignoreCtime: false,
    ignoreInode: false,
    compression: 'auto',
    packBytes: 4 << 20,
    workers: 2,
    dryRun: false,
    skipIfUnchanged: false,
    verbose: false,
    scan: false,
    ...overrides,
  }
}

/** Backs up paths to one repository. */
export function backup(
  repository: Repository,
  paths: readonly string[],
  overrides: Partial<SaveRequest>,
  ctx: Context,
): Promise<SaveReport> {
  return save([repository], saveRequest(paths, overrides), ctx)
}

/** The id of the snapshot that a backup to one repository made. */
export function snapshotIdOf(report: SaveReport, repository = 0): string {
  const made = report.repositories[repository]
  if (made?.snapshotId === undefined) throw new Error(`no snapshot was made: ${String(made?.failure)}`)
  return made.snapshotId
}

/** Restores a whole snapshot. */
export async function restoreTo(
  repository: Repository,
  snapshotId: string,
  target: string,
  overrides: Partial<RestoreRequest>,
  ctx: Context,
): Promise<RestoreReport> {
  const { snapshot } = await readSnapshot(repository, snapshotId, ctx)
  const flags = { delete: false, verify: false, dryRun: false, sparse: false, verbose: false }
  const request: RestoreRequest = { tree: snapshot.tree, target, overwrite: 'always', workers: 1, ...flags }
  return restore(repository, { ...request, ...overrides }, ctx)
}

/** Removes snapshots by their ids. */
export async function forget(repository: Repository, ids: readonly string[], ctx: Context): Promise<string[]> {
  const presentIds = await listSnapshotIds(repository, ctx)
  const named = (await listSnapshots(repository, {}, ctx)).filter(({ id }) => ids.includes(id))
  return executeForget(repository, planForgetSnapshots(named, { repositoryId: repository.config.id, presentIds }), ctx)
}

/** Removes everything that no snapshot needs, to the last byte. */
export async function prune(repository: Repository, ctx: Context): Promise<PruneReport> {
  const options = { maxUnused: { percent: 0 }, packBytes: 4 << 20, workers: 1 }
  return executePrune(repository, await planPrune(repository, options, ctx), ctx)
}

/** Copies all snapshots. */
export async function copy(source: Repository, destination: Repository, ctx: Context): Promise<CopyReport> {
  const options = { compression: 'auto', packBytes: 4 << 20, workers: 1 } as const
  return copySnapshots(source, destination, await listSnapshots(source, {}, ctx), options, ctx)
}

/** Checks everything, every byte included. */
export function checkAll(repository: Repository, ctx: Context): Promise<CheckReport> {
  return check(repository, { readData: 'all', workers: 1 }, ctx)
}

/** The errors that a check of everything finds, as texts. */
export async function checkErrors(repository: Repository, ctx: Context): Promise<string[]> {
  const { findings } = await checkAll(repository, ctx)
  return findings.filter(({ severity }) => severity === 'error').map((each) => `${each.kind} ${each.id} ${each.reason}`)
}
