import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { type Check, failed, passed, runCheck } from '@holdfast/core/proof/check'
import { countOf } from '@holdfast/core/units/count-of'
import type { BackupManifest } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import {
  type ClusterExpectation,
  type ConnectTo,
  verifyCluster,
} from '@holdfast/connectors/postgresql/proof/verify-cluster'
import { verifyPages } from '@holdfast/connectors/postgresql/proof/verify-pages'
import { type ContainerImage, serverVersionIn } from '@holdfast/connectors/postgresql/server/container-image'
import { removeDeadSandboxes } from '@holdfast/connectors/postgresql/server/remove-dead-sandboxes'
import { createSandbox, type Sandbox } from '@holdfast/connectors/postgresql/server/sandbox'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { type ReadyServer, waitUntilReady } from '@holdfast/connectors/postgresql/server/wait-until-ready'
import { findServerBinaries } from '@holdfast/connectors/postgresql/server-binaries'
import type { RecoveryTarget } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import type { RecoveryPlan } from '@holdfast/connectors/postgresql/wal/recovery-plan'
import type { Repository } from '@holdfast/repository/repository'
import { executePostgresRestore } from './execute-restore.ts'
import { planPostgresRestore } from './plan-restore.ts'
import { verdictOf } from '../proof/source-proof.ts'
import type { Proof } from './proof.ts'

export interface ProofRequest {
  readonly source: string
  readonly target: RecoveryTarget
  /** for people */
  readonly targetText: string
  readonly expectation: Pick<ClusterExpectation, 'assertions' | 'relations' | 'unique'>
  /** directories with server programs, looked at first, and the value of PATH */
  readonly binaries: { readonly directories: readonly string[]; readonly path: string }
  /** the scratch server comes out of this image, instead of this machine's programs */
  readonly image?: ContainerImage
  /** where the space for a whole restore is; the system's directory for temporary files unless given */
  readonly sandboxParent?: string
  readonly workers: number
}

/**
 * Restores a source into a scratch server that nobody else can reach, looks at everything, and removes it again. A check
 * that fails is a result; what keeps the proof from being made at all is thrown: POSTGRES_BINARIES_MISSING, RECOVERY_…,
 * STORAGE_…. A server that does not come up on what was restored is a failed check.
 */
export async function provePostgres(repository: Repository, request: ProofRequest, ctx: Context): Promise<Proof> {
  const startedAt = ctx.now()
  await removeDeadSandboxes(request.sandboxParent)
  await using sandbox = await createSandbox(request.sandboxParent)
  const { source, target, workers } = request
  const plan = await planPostgresRestore(
    repository,
    {
      source,
      target,
      workers,
      to: sandbox.dataDirectory,
      tablespaceMapping: new Map(),
      action: 'promote',
      delta: false,
    },
    ctx,
  )
  const { manifest } = plan.backup
  const scratch = await scratchServerFor(manifest, request, ctx)
  const restored = await executePostgresRestore(plan, ctx)
  const checks: Check[] = [await checkFindings(manifest, ctx)]
  const run: ScratchRun = { sandbox, scratch, manifest, recovery: plan.recovery, expectation: request.expectation }
  const ready = await checkRecovered(run, checks, ctx)
  const checkedFrom = ctx.now().getTime()
  if (ready !== undefined) await checkContent(run, checks, ctx)
  const endedAt = ctx.now()
  const fetchMs = restored.filesMs + restored.walMs
  const { startMs, replayMs } = ready ?? { startMs: 0, replayMs: 0 }
  return {
    formatVersion: 1,
    source,
    type: 'postgresql',
    method: 'physical',
    snapshotId: plan.backup.snapshot.id,
    repository: repository.backend.location,
    verdict: verdictOf(checks),
    target: request.targetText,
    ...(plan.recovery.until === undefined ? {} : { until: plan.recovery.until }),
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    phases: { fetchMs, startMs, replayMs, checkMs: endedAt.getTime() - checkedFrom },
    recoveryMs: fetchMs + startMs + replayMs,
    dataBytes: plan.dataBytes,
    walBytes: plan.walBytes,
    serverVersion: scratch.version,
    checks,
  }
}

interface ScratchRun {
  readonly sandbox: Sandbox
  readonly scratch: ScratchServer
  readonly manifest: BackupManifest
  readonly recovery: RecoveryPlan
  readonly expectation: ProofRequest['expectation']
}

interface ScratchServer {
  readonly program: string | ContainerImage
  readonly version: string
}

async function scratchServerFor(
  { server }: BackupManifest,
  { binaries, image }: ProofRequest,
  ctx: Context,
): Promise<ScratchServer> {
  const major = Math.floor(server.versionNumber / 10_000)
  if (image !== undefined) return { program: image, version: await serverVersionIn(image, major, ctx) }
  const found = await findServerBinaries(major, binaries)
  if (found === undefined) throw new AppError('POSTGRES_BINARIES_MISSING', { major })
  return { program: found.postgres, version: found.version }
}

/** What was found wrong while the backup was made does not heal by being restored. */
async function checkFindings({ findings }: BackupManifest, ctx: Context): Promise<Check> {
  return await runCheck(
    { name: 'backup-findings' },
    async () => {
      const [first] = findings
      return first === undefined
        ? passed('nothing was found wrong while the backup was made')
        : failed(`${countOf(findings.length, 'finding')} when it was made, such as ${first.path}: ${first.message}`)
    },
    ctx,
  )
}

/** Starts the server; undefined when it did not come up, which is then the last of the checks. */
async function checkRecovered(run: ScratchRun, checks: Check[], ctx: Context): Promise<ReadyServer | undefined> {
  const { sandbox, scratch, manifest, recovery } = run
  let ready: ReadyServer | undefined
  checks.push(
    await runCheck(
      { name: 'recovered' },
      async () => {
        const server = await sandbox.start(scratch.program, manifest.settings, ctx)
        ready = await waitUntilReady(server, () => connectTo(run, ctx)('postgres', 'none'), ctx)
        const last = ready.lastReplayedAt
        const reached =
          last === null ? 'no transaction had to be replayed' : `the last transaction replayed is of ${last}`
        const { stop } = recovery
        if (stop.type === 'time' && last !== null && instantOf(last) > Date.parse(stop.time)) {
          return failed(`${reached}, later than ${stop.time}`)
        }
        return passed(reached)
      },
      ctx,
    ),
  )
  return ready
}

async function checkContent(run: ScratchRun, checks: Check[], ctx: Context): Promise<void> {
  const { manifest, expectation, sandbox } = run
  const connect = connectTo(run, ctx)
  checks.push(await runCheck({ name: 'system-identifier' }, () => checkIdentity(connect, manifest, ctx), ctx))
  const expected: ClusterExpectation = { databases: [], ...expectation }
  for await (const check of verifyCluster(connect, 'postgres', expected, ctx)) checks.push(check)
  await sandbox.stop()
  const { blockBytes, relationSegmentBlocks, dataChecksums } = manifest.server
  const layout = { blockBytes, relationSegmentBlocks, dataChecksums }
  checks.push(await runCheck({ name: 'pages' }, () => verifyPages(sandbox.dataDirectory, layout, ctx), ctx))
}

async function checkIdentity(connect: ConnectTo, { server }: BackupManifest, ctx: Context) {
  await using connection = await connect('postgres', 'none')
  const [result] = await connection.query('SELECT system_identifier FROM pg_control_system()', ctx)
  const found = result?.rows[0]?.[0]
  return found === server.systemIdentifier
    ? passed(`it is cluster ${found}`)
    : failed(`it is cluster ${found}, not ${server.systemIdentifier}`)
}

function connectTo({ sandbox, manifest }: ScratchRun, ctx: Context): ConnectTo {
  const target = socketTarget(sandbox.socketDirectory, manifest.superuser)
  return (database, searchPath) => connectPostgres(target, { database, searchPath }, ctx)
}

/** As the server prints it: "2026-11-20 14:29:59.5+00". */
function instantOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}:00`)
}
