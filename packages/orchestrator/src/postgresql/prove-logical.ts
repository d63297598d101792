import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import type { ClientPlace } from '@holdfast/connectors/postgresql/logical/client-tool'
import { planLogicalRestore } from '@holdfast/connectors/postgresql/logical/restore/plan-logical-restore'
import { restoreLogical } from '@holdfast/connectors/postgresql/logical/restore/restore-logical'
import { type ConnectTo, verifyCluster } from '@holdfast/connectors/postgresql/proof/verify-cluster'
import { removeDeadSandboxes } from '@holdfast/connectors/postgresql/server/remove-dead-sandboxes'
import { createSandbox, type Sandbox } from '@holdfast/connectors/postgresql/server/sandbox'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { waitUntilReady } from '@holdfast/connectors/postgresql/server/wait-until-ready'
import { findServerBinaries, type ServerBinaries } from '@holdfast/connectors/postgresql/server-binaries'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { type Check, passed, runCheck } from '@holdfast/core/proof/check'
import type { Repository } from '@holdfast/repository/repository'
import { verdictOf } from '../proof/source-proof.ts'
import { type BackupChoice, chooseLogicalBackup, type ChosenLogicalBackup } from './plan-logical-restore.ts'
import type { Proof } from './proof.ts'
import type { ProofRequest } from './prove.ts'

export type LogicalProofRequest = Omit<ProofRequest, 'target' | 'binaries'> & {
  readonly choice: BackupChoice
  /** where server and client programs are */
  readonly client: ClientPlace
}

/**
 * Loads a logical backup into a scratch server of the version that was dumped, compares all of it with the fingerprint
 * that was taken in the dump's own snapshot, looks at the rest, and removes it again. A dump that cannot be loaded is a
 * failed check; what keeps the proof from being made at all is thrown: POSTGRES_BINARIES_MISSING, RECOVERY_…, STORAGE_….
 */
export async function proveLogicalPostgres(
  repository: Repository,
  request: LogicalProofRequest,
  ctx: Context,
): Promise<Proof> {
  const startedAt = ctx.now()
  const chosen = await chooseLogicalBackup(repository, request.source, request.choice, ctx)
  const { manifest } = chosen.backup
  const binaries = await binariesFor(Math.floor(manifest.server.versionNumber / 10_000), request)
  await removeDeadSandboxes(request.sandboxParent)
  await using sandbox = await createSandbox(request.sandboxParent)
  const startMs = await startEmpty(sandbox, binaries, ctx)
  const loadedFrom = ctx.now().getTime()
  const checks: Check[] = []
  const isLoaded = await load(chosen, sandbox, request, checks, ctx)
  const checkedFrom = ctx.now().getTime()
  if (isLoaded) await checkContent(chosen, sandbox, request, checks, ctx)
  const endedAt = ctx.now()
  const replayMs = checkedFrom - loadedFrom
  return {
    formatVersion: 1,
    source: request.source,
    type: 'postgresql',
    method: 'logical',
    snapshotId: chosen.backup.snapshot.id,
    repository: repository.backend.location,
    verdict: verdictOf(checks),
    target: request.targetText,
    until: manifest.startedAt,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    phases: { fetchMs: 0, startMs, replayMs, checkMs: endedAt.getTime() - checkedFrom },
    recoveryMs: startMs + replayMs,
    dataBytes: manifest.bytes,
    walBytes: 0,
    serverVersion: binaries.version,
    checks,
  }
}

async function binariesFor(major: number, { client }: LogicalProofRequest): Promise<ServerBinaries> {
  const found = await findServerBinaries(major, client.binaries, ['initdb'])
  if (found === undefined) throw new AppError('POSTGRES_BINARIES_MISSING', { major })
  return found
}

async function startEmpty(sandbox: Sandbox, binaries: ServerBinaries, ctx: Context): Promise<number> {
  const { initdb } = binaries.programs
  if (initdb === undefined) throw new AppError('POSTGRES_BINARIES_MISSING', { major: binaries.major })
  const startedAt = ctx.now().getTime()
  await sandbox.initialize(initdb, ctx)
  const server = await sandbox.start(binaries.postgres, {}, ctx)
  await waitUntilReady(server, () => connectTo(sandbox, ctx)('postgres', 'none'), ctx)
  return ctx.now().getTime() - startedAt
}

/** Whether it could be loaded; adds what was compared. */
async function load(
  { files }: ChosenLogicalBackup,
  sandbox: Sandbox,
  { client, workers }: LogicalProofRequest,
  checks: Check[],
  ctx: Context,
): Promise<boolean> {
  const plan = await planLogicalRestore(
    files,
    {
      target: socketTarget(sandbox.socketDirectory, 'postgres'),
      client,
      databases: [],
      parts: { schemas: [], tables: [] },
      globals: true,
      withoutTablespaces: true,
      owners: true,
      jobs: workers,
      temporaryDirectory: sandbox.root,
    },
    ctx,
  )
  const compared: Check[] = []
  const faults: unknown[] = []
  const loaded = await runCheck(
    { name: 'loaded' },
    async () => {
      try {
        compared.push(...(await restoreLogical(files, plan, ctx)).checks)
      } catch (error) {
        if (!isOfDump(error)) faults.push(error)
        throw error
      }
      const names = plan.steps.map(({ into }) => into).join(', ')
      return passed(`with roles and owners, by pg_restore ${plan.tool.version}: ${names === '' ? 'nothing' : names}`)
    },
    ctx,
  )
  if (faults.length > 0) throw faults[0]
  checks.push(loaded, ...compared)
  return loaded.verdict === 'passed'
}

/** What the server or pg_restore says of a dump is the dump's fault; a repository that cannot be read is not. */
function isOfDump(error: unknown): boolean {
  return isAppError(error) && error.code.startsWith('POSTGRES_')
}

async function checkContent(
  { files: { manifest } }: ChosenLogicalBackup,
  sandbox: Sandbox,
  { expectation }: LogicalProofRequest,
  checks: Check[],
  ctx: Context,
): Promise<void> {
  const databases = manifest.fingerprint.databases.map(({ name }) => name)
  const expected = { databases, rowsAreKnown: true, ...expectation }
  for await (const check of verifyCluster(connectTo(sandbox, ctx), 'postgres', expected, ctx)) checks.push(check)
}

function connectTo({ socketDirectory }: Sandbox, ctx: Context): ConnectTo {
  const target = socketTarget(socketDirectory, 'postgres')
  return (database, searchPath) => connectPostgres(target, { database, searchPath }, ctx)
}
