import type {
  LogicalRestorePlan,
  LogicalRestoreRequest,
} from '@holdfast/connectors/mysql/logical/restore/logical-restore'
import type { LogicalManifest } from '@holdfast/connectors/mysql/logical/logical-manifest'
import type { PhysicalManifest } from '@holdfast/connectors/mysql/physical/physical-manifest'
import { choosePrimary } from '@holdfast/connectors/mysql/connection/choose-host'
import { planLogicalRestore } from '@holdfast/connectors/mysql/logical/restore/plan-logical-restore'
import { chooseChain } from '@holdfast/connectors/mysql/recovery/choose-chain'
import type { MysqlRecoveryTarget } from '@holdfast/connectors/mysql/recovery/recovery-point'
import { replayEvents } from '@holdfast/connectors/mysql/recovery/replay-events'
import { planReplay, type ReplayPlan } from '@holdfast/connectors/mysql/recovery/replay-plan'
import type { SandboxTools } from '@holdfast/connectors/mysql/server/mysql-sandbox'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import type { BinlogChain } from '@holdfast/connectors/mysql/recovery/binlog-chain'
import { findSandboxTools } from './find-sandbox-tools.ts'
import { baseOf, isLogical, isPhysical, isWhole, type MysqlBackup } from './list-mysql-backups.ts'
import { type MysqlMaterial, readMysqlMaterial } from './read-mysql-material.ts'
import { requireScratchSpace } from './scratch-space.ts'

/** What a restore of a source will do, before it does anything. */
export interface MysqlRestorePlan {
  readonly backup: MysqlBackup<LogicalManifest>
  readonly material: MysqlMaterial
  readonly load: LogicalRestorePlan
  /** undefined: the state of the backup itself */
  readonly replay: ReplayPlan | undefined
  readonly target: MysqlRecoveryTarget
  /**
   * A log cannot be replayed for some tables alone: everything is brought to the point in a scratch server, and they are
   * taken from there. Absent when all is done on the server itself.
   */
  readonly scratch?: SandboxTools
}

/**
 * Chooses the backup with the least to replay, and finds the very place in the log where it stops. Changes nothing. Fails
 * with SOURCE_NOT_IN_REPOSITORY, RECOVERY_…, MYSQL_RECOVERY_IN_GAP, for tables MYSQL_BINARIES_MISSING, and the codes of
 * `planLogicalRestore`.
 */
export async function planMysqlRestore(
  repository: Repository,
  source: string,
  target: MysqlRecoveryTarget,
  request: LogicalRestoreRequest,
  ctx: Context,
): Promise<MysqlRestorePlan> {
  const material = await readMysqlMaterial(repository, source, ctx)
  return await planFromMaterial(material, target, request, ctx)
}

/** The same, of what was read already. */
export async function planFromMaterial(
  material: MysqlMaterial,
  target: MysqlRecoveryTarget,
  asked: LogicalRestoreRequest,
  ctx: Context,
): Promise<MysqlRestorePlan> {
  // the client knows one host only, and a restore is for the one that takes writes
  const request = { ...asked, target: await choosePrimary(asked.target, ctx) }
  const { backup, chain } = chooseBackup(material, dumpsOf(material, request.databases), target)
  const replay = await planReplay(chain, target, material.read, ctx)
  if (request.tables.length === 0 || replay === undefined) {
    const load = await planLogicalRestore(backup.manifest, request, ctx)
    const warnings = replay === undefined ? [] : warningsOf(backup)
    if (replay !== undefined && request.databases.length > 0)
      await requireSeparable({ load, replay, backup, material }, ctx)
    return { backup, material, load: { ...load, warnings: [...load.warnings, ...warnings] }, replay, target }
  }
  // the log may make a table that the backup does not have
  const load = await planLogicalRestore(backup.manifest, { ...request, tablesMayBeNew: true }, ctx)
  requireScratchSpace(request.scratchDirectory, backup.manifest.bytes)
  const tools = await findSandboxTools(backup.manifest.server.family, request.client, ctx)
  return { backup, material, load, replay, target, scratch: tools }
}

/** Reads all that would be replayed: what cannot be told apart is to be known before anything is dropped or made. */
async function requireSeparable(
  {
    load,
    replay,
    backup,
    material,
  }: Pick<MysqlRestorePlan, 'load' | 'backup' | 'material'> & {
    readonly replay: ReplayPlan
  },
  ctx: Context,
): Promise<void> {
  const databases = backup.manifest.fingerprint.databases.map(({ name }) => name)
  for (const { fingerprint, into } of load.steps) {
    const choice = { skipsAccounts: true, scope: { name: fingerprint.name, into, databases } }
    for await (const _events of replayEvents(replay, material.read, choice, ctx)) continue
  }
}

function warningsOf({ manifest: { selection } }: MysqlBackup<LogicalManifest>): string[] {
  const { excludeTables } = selection
  if (excludeTables.length === 0) return []
  return [
    `the backup leaves out ${excludeTables.join(', ')}: a change of them in the log ends its replay; --at backup replays none`,
  ]
}

/** The backup of a kind that a point is reached from with the least to replay. Fails with RECOVERY_…. */
export function chooseBackup<Kind extends MysqlBackup>(
  { slices }: MysqlMaterial,
  backups: readonly Kind[],
  target: MysqlRecoveryTarget,
): { readonly backup: Kind; readonly chain: BinlogChain } {
  const chain = chooseChain(backups.map(baseOf), slices, target)
  const backup = backups.find(({ snapshot }) => snapshot.id === chain.base.id)
  if (backup === undefined) throw new Error('a chain of another source')
  return { backup, chain }
}

/**
 * Dumps that hold all of the wanted databases; empty: all that there are. Fails with MYSQL_BACKUP_KIND_MISSING when there are
 * only copies of files.
 */
export function dumpsOf(
  { backups, partial }: MysqlMaterial,
  wanted: readonly string[] = [],
): readonly MysqlBackup<LogicalManifest>[] {
  const holding = [...backups, ...partial].filter(isLogical).filter((backup) => {
    const { databases, tables } = backup.manifest.selection
    if (isWhole(backup)) return true
    return wanted.length > 0 && tables.length === 0 && wanted.every((name) => databases.includes(name))
  })
  const dumps = holding.length > 0 ? holding : backups.filter(isLogical)
  if (dumps.length > 0) return dumps
  const advice = 'Restore its files to a directory with --to, or make a dump with `holdfast backup`.'
  throw new AppError('MYSQL_BACKUP_KIND_MISSING', { kind: 'dump', source: sourceOf(backups), advice })
}

/** Fails with MYSQL_BACKUP_KIND_MISSING when there are only dumps. */
export function copiesOf({ backups }: MysqlMaterial): readonly MysqlBackup<PhysicalManifest>[] {
  const copies = backups.filter(isPhysical)
  if (copies.length > 0) return copies
  const advice = 'Load its dump into a server with --into-server, or copy files with `holdfast backup --method direct`.'
  throw new AppError('MYSQL_BACKUP_KIND_MISSING', { kind: 'copy of the files', source: sourceOf(backups), advice })
}

function sourceOf(backups: readonly MysqlBackup[]): string {
  return JSON.stringify(backups[0]?.manifest.source ?? '')
}
