import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { findMysqlTool, type MysqlClientPlace, type MysqlTool } from '@holdfast/connectors/mysql/client/mysql-tool'
import { sourceFolder } from '@holdfast/connectors/mysql/manifest/mysql-manifest'
import type { PhysicalManifest } from '@holdfast/connectors/mysql/physical/physical-manifest'
import { prepareBackup } from '@holdfast/connectors/mysql/physical/prepare-backup'
import type { MysqlRecoveryTarget } from '@holdfast/connectors/mysql/recovery/recovery-point'
import { replayBinlog } from '@holdfast/connectors/mysql/recovery/replay-binlog'
import { replayEvents } from '@holdfast/connectors/mysql/recovery/replay-events'
import { planReplay, type ReplayPlan } from '@holdfast/connectors/mysql/recovery/replay-plan'
import { giveToServer, serveDirectory } from '@holdfast/connectors/mysql/server/serve-directory'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { checkSpace, checkTarget } from '@holdfast/repository/restore/check-target'
import { restore } from '@holdfast/repository/restore/restore'
import type { Repository } from '@holdfast/repository/repository'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import type { MysqlBackup } from './list-mysql-backups.ts'
import { chooseBackup, copiesOf } from './plan-mysql-restore.ts'
import { type MysqlMaterial, readMysqlMaterial } from './read-mysql-material.ts'

/** What a restore to a data directory will do, before it does anything. */
export interface MysqlDirectoryPlan {
  readonly backup: MysqlBackup<PhysicalManifest>
  readonly material: MysqlMaterial
  readonly replay: ReplayPlan | undefined
  readonly directory: string
  /** prepares the files */
  readonly tool: MysqlTool
  /** replays the log on them */
  readonly server: MysqlTool | undefined
  readonly client: MysqlClientPlace
  readonly target: MysqlRecoveryTarget
}

export interface MysqlDirectoryReport {
  readonly files: number
  readonly bytes: number
  readonly filesMs: number
  readonly prepareMs: number
  readonly replayMs: number
}

const flags = {
  overwrite: 'always',
  delete: false,
  verify: false,
  dryRun: false,
  sparse: false,
  verbose: false,
} as const

/**
 * Plans the restore of a physical backup and its log to an empty directory. Changes nothing. Fails with
 * SOURCE_NOT_IN_REPOSITORY, RECOVERY_…, MYSQL_RECOVERY_IN_GAP, MYSQL_TOOL_MISSING, TARGET_NOT_EMPTY, TARGET_FULL.
 */
export async function planMysqlDirectory(
  repository: Repository,
  source: string,
  {
    target,
    to,
    client,
  }: { readonly target: MysqlRecoveryTarget; readonly to: string; readonly client: MysqlClientPlace },
  ctx: Context,
): Promise<MysqlDirectoryPlan> {
  const material = await readMysqlMaterial(repository, source, ctx)
  const { backup, chain } = chooseBackup(material, copiesOf(material), target)
  const { family } = backup.manifest.server
  const local: MysqlClientPlace = { ...client, place: { type: 'local' } }
  const tool = await findMysqlTool('physical', family, local, ctx)
  const replay = await planReplay(chain, target, material.read, ctx)
  const server = replay === undefined ? undefined : await findMysqlTool('server', family, local, ctx)
  const directory = resolve(to)
  const place = checkTarget({ target: directory, delete: false })
  if (!place.isEmpty) throw new AppError('TARGET_NOT_EMPTY', { target: directory })
  checkSpace(place, backup.manifest.bytes)
  return { backup, material, replay, directory, tool, server, client: local, target }
}

/**
 * Brings the files, prepares them, and replays the log on a server of our own that nobody else reaches. What is left is a data
 * directory to start a server on. Statements about accounts are not replayed: that server looks at no rights. Fails with
 * RESTORE_INCOMPLETE, MYSQL_PHYSICAL_FAILED, MYSQL_START_FAILED, MYSQL_RESTORE_FAILED.
 */
export async function executeMysqlDirectory(
  { backup, material, replay, directory, tool, server, client }: MysqlDirectoryPlan,
  workers: number,
  ctx: Context,
): Promise<MysqlDirectoryReport> {
  const { manifest, snapshot } = backup
  const startedAt = ctx.now().getTime()
  const path = `${sourceFolder(manifest.source)}/data`
  const { treeId } = await resolvePath(
    material.opened.trees,
    snapshot.snapshot.tree,
    path,
    snapshot.id.slice(0, 8),
    ctx,
  )
  if (treeId === undefined) throw new AppError('RESTORE_INCOMPLETE', { target: directory, missing: path })
  const report = await restore(material.opened.repository, { tree: treeId, target: directory, workers, ...flags }, ctx)
  const [failed] = report.errors
  if (failed !== undefined)
    throw new AppError('RESTORE_INCOMPLETE', { target: directory, missing: `${failed.path} (${failed.message})` })
  const filesAt = ctx.now().getTime()
  await prepareBackup(tool, directory, ctx)
  await giveToServer(directory)
  const preparedAt = ctx.now().getTime()
  if (replay !== undefined && server !== undefined) {
    await using running = await serveDirectory(server, directory, manifest.server, ctx)
    const events = replayEvents(replay, material.read, { skipsAccounts: true }, ctx)
    const where = { target: running.target, client, family: manifest.server.family, host: directory }
    await replayBinlog(where, events, ctx)
    await running.stop()
    await rm(running.logFile, { force: true })
  }
  return {
    files: report.filesRestored,
    bytes: report.bytesRestored,
    filesMs: filesAt - startedAt,
    prepareMs: preparedAt - filesAt,
    replayMs: ctx.now().getTime() - preparedAt,
  }
}
