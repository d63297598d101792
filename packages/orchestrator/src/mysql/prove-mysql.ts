import type { MysqlClientPlace } from '@holdfast/connectors/mysql/client/mysql-tool'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import type { LogicalManifest } from '@holdfast/connectors/mysql/logical/logical-manifest'
import { type MysqlExpectation, verifyDatabases } from '@holdfast/connectors/mysql/proof/verify-databases'
import type { MysqlRecoveryTarget } from '@holdfast/connectors/mysql/recovery/recovery-point'
import { type MysqlSandbox, startMysqlSandbox } from '@holdfast/connectors/mysql/server/mysql-sandbox'
import { removeDeadMysqlSandboxes } from '@holdfast/connectors/mysql/server/remove-dead-sandboxes'
import type { Context } from '@holdfast/core/context'
import { type Check, failed, passed, runCheck } from '@holdfast/core/proof/check'
import type { Repository } from '@holdfast/repository/repository'
import { type SourceProof, verdictOf } from '../proof/source-proof.ts'
import { findSandboxTools } from './find-sandbox-tools.ts'
import { loadAndReplay, type MysqlRestoreReport } from './load-and-replay.ts'
import { chooseBackup, dumpsOf, type MysqlRestorePlan, planFromMaterial } from './plan-mysql-restore.ts'
import { readMysqlMaterial } from './read-mysql-material.ts'
import { requireScratchSpace } from './scratch-space.ts'

export interface MysqlProofRequest {
  readonly source: string
  readonly target: MysqlRecoveryTarget
  /** for people */
  readonly targetText: string
  readonly expectation: MysqlExpectation
  readonly client: MysqlClientPlace
  /** where the space for a whole restore is */
  readonly sandboxParent?: string
  readonly workers: number
}

/** The evidence of a restore of MySQL or MariaDB into a scratch server. */
export interface MysqlProof extends SourceProof {
  readonly type: 'mysql'
  readonly method: 'logical' | 'physical'
  /** of the scratch server: "10.11.19" */
  readonly serverVersion: string
}

/**
 * Restores a source into a scratch server that nobody else can reach, looks at everything, and removes it again. A check that
 * fails is a result; what keeps the proof from being made at all is thrown: MYSQL_BINARIES_MISSING, RECOVERY_…, STORAGE_….
 */
export async function proveMysql(
  repository: Repository,
  request: MysqlProofRequest,
  ctx: Context,
): Promise<MysqlProof> {
  const startedAt = ctx.now()
  const { source, target, client } = request
  await removeDeadMysqlSandboxes(request.sandboxParent)
  const material = await readMysqlMaterial(repository, source, ctx)
  const { manifest, snapshot } = chooseBackup(material, dumpsOf(material), target).backup
  requireScratchSpace(request.sandboxParent, manifest.bytes)
  const tools = await findSandboxTools(manifest.server.family, client, ctx)
  await using sandbox = await startMysqlSandbox(tools, manifest.server, request.sandboxParent, ctx)
  const local = { target: sandbox.target, client, databases: [], tables: [], replaces: [], users: true }
  const plan = await planFromMaterial(material, target, local, ctx)
  const checks: Check[] = [await checkFindings(manifest, ctx)]
  const restored = await restore(plan, checks, ctx)
  const checkedFrom = ctx.now().getTime()
  if (restored !== undefined) await lookAtContent(sandbox, request, checks, ctx)
  const endedAt = ctx.now()
  const replayMs = (restored?.loadMs ?? 0) + (restored?.replayMs ?? 0)
  const { stop } = target
  return {
    formatVersion: 1,
    source,
    type: 'mysql',
    method: 'logical',
    snapshotId: snapshot.id,
    repository: repository.backend.location,
    verdict: verdictOf(checks),
    target: request.targetText,
    ...(stop.type === 'position' || stop.type === 'gtid' ? {} : { until: untilOf(plan, stop) }),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    phases: { fetchMs: 0, startMs: sandbox.startMs, replayMs, checkMs: endedAt.getTime() - checkedFrom },
    recoveryMs: sandbox.startMs + replayMs,
    dataBytes: manifest.bytes,
    walBytes: plan.replay?.bytes ?? 0,
    serverVersion: tools.server.version,
    checks,
  }
}

function untilOf({ replay, backup }: MysqlRestorePlan, stop: MysqlRecoveryTarget['stop']): string {
  if (stop.type === 'time') return stop.at
  return replay?.chain.until ?? backup.manifest.consistentAt
}

/** What was found wrong while the backup was made does not heal by being restored. */
async function checkFindings({ findings }: LogicalManifest, ctx: Context): Promise<Check> {
  const look = async () => {
    // that a dump took longer says nothing of what is in it
    const first = findings.find(({ code }) => code !== 'MYSQL_DUMP_NOT_PARALLEL')
    return first === undefined ? passed('nothing was found wrong while the backup was made') : failed(first.message)
  }
  return await runCheck({ name: 'backup-findings' }, look, ctx)
}

/** undefined when it failed, which is then the last of the checks */
async function restore(plan: MysqlRestorePlan, checks: Check[], ctx: Context): Promise<MysqlRestoreReport | undefined> {
  let report: MysqlRestoreReport | undefined
  const look = async () => {
    // accounts of the log could lock us out of our own server
    report = await loadAndReplay(plan, { skipsAccounts: true }, ctx)
    const { replay } = plan
    const log =
      replay === undefined
        ? 'no log'
        : `the log replayed from ${replay.from.file}:${replay.from.position} to ${replay.to.file}:${replay.to.position}`
    return passed(`loaded, ${log}`)
  }
  const check = await runCheck({ name: 'recovered' }, look, ctx)
  checks.push(...(report?.checks ?? []), check)
  return check.verdict === 'passed' ? report : undefined
}

async function lookAtContent(
  sandbox: MysqlSandbox,
  { expectation }: MysqlProofRequest,
  checks: Check[],
  ctx: Context,
): Promise<void> {
  await using session = await connectMysql(sandbox.target, ctx)
  for await (const check of verifyDatabases(session, expectation, ctx)) checks.push(check)
}
