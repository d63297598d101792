import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { proveFiles } from '../proof/prove-files.ts'
import { saveProof } from '../proof/save-proof.ts'
import type { SourceProof } from '../proof/source-proof.ts'
import type { Run } from '../run/run.ts'
import { messageOf, type OperationReport, type OperationSurroundings, reportOf } from './operation-report.ts'
import { ownSnapshots } from './own-snapshots.ts'
import { proveConfiguredMysql } from './prove-configured-mysql.ts'
import { proveConfiguredPostgres } from './prove-configured-postgres.ts'
import { proofRecordOf } from './proof-record.ts'
import { saveSettingsFor } from './save-settings-for.ts'
import { withRepository } from './with-repositories.ts'

/** What is proven: the newest state, or one that nobody chose. */
export type ProofTarget = 'newest' | 'random'

/**
 * Proves that a source can be recovered, and keeps the evidence in the repository and in the catalogue. Fails with
 * PROOF_FAILED when it cannot, and with what kept the proof from being made.
 */
export async function verifySource(
  run: Run,
  source: SourceSettings,
  surroundings: OperationSurroundings,
  ctx: Context,
): Promise<OperationReport> {
  const name = await chooseRepository(run, source, surroundings.catalogue)
  const target: ProofTarget = run.arguments['target'] === 'random' ? 'random' : 'newest'
  const prove = (repository: Repository, own: Context): Promise<OperationReport> =>
    proveIn({ run, source, name, repository, target }, surroundings, own)
  return await withRepository(name, { exclusive: false }, surroundings, prove, ctx)
}

interface ProofPlace {
  readonly run: Run
  readonly source: SourceSettings
  /** of the repository */
  readonly name: string
  readonly repository: Repository
  readonly target: ProofTarget
}

async function proveIn(place: ProofPlace, surroundings: OperationSurroundings, ctx: Context): Promise<OperationReport> {
  const { run, source, name, repository } = place
  const { catalogue, machine, config } = surroundings
  const proof = await proofOf(place, surroundings, ctx)
  const problems: string[] = []
  let id: string | undefined
  try {
    id = await saveProof(repository, proof, saveSettingsFor(machine, config.host), ctx)
  } catch (error) {
    ctx.signal.throwIfAborted()
    problems.push(`the evidence is kept in the catalogue only: ${messageOf(error)}`)
  }
  await catalogue.proofs.add({ ...proofRecordOf(name, id ?? run.id, proof), runId: run.id })
  const failures = proof.checks.filter(({ verdict }) => verdict === 'failed')
  if (failures.length > 0) {
    const evidence = failures.map((check) => `${check.name}: ${check.evidence}`).join('; ')
    throw new AppError('PROOF_FAILED', { source: source.name, evidence })
  }
  return reportOf({ snapshots: { [name]: proof.snapshotId }, bytesRead: proof.dataBytes + proof.walBytes }, problems)
}

async function proofOf(place: ProofPlace, surroundings: OperationSurroundings, ctx: Context): Promise<SourceProof> {
  const { source, repository, target, name } = place
  const { machine } = surroundings
  const { workload } = source
  if (workload.type === 'postgresql') return await proveConfiguredPostgres(place, workload, machine, ctx)
  if (workload.type === 'mysql') return await proveConfiguredMysql(place, workload, machine, ctx)
  const own = await ownSnapshots(repository, source.name, ctx)
  const snapshot = target === 'newest' ? own.at(-1) : own[Math.floor(machine.random() * own.length)]
  if (snapshot === undefined) throw new AppError('SOURCE_WITHOUT_SNAPSHOT', { source: source.name, repository: name })
  return await proveFiles(
    repository,
    {
      source: source.name,
      type: workload.type,
      snapshot,
      targetText: target === 'newest' ? 'newest' : `random: ${snapshot.snapshot.time}`,
      directory: machine.temporaryDirectory,
      workers: machine.workers,
      random: () => machine.random(),
    },
    ctx,
  )
}

/**
 * The repository that the run names, if there is anything in it; else the one whose last proof of the source is longest
 * ago: every copy is to be proven in its turn.
 */
async function chooseRepository(
  run: Run,
  { name, repositories }: SourceSettings,
  catalogue: Catalogue,
): Promise<string> {
  if (run.repository !== undefined) return run.repository
  const held = new Set((await catalogue.snapshots.list({ source: name })).map(({ repository }) => repository))
  const wanted = run.arguments['repository']
  if (wanted !== undefined && held.has(wanted)) return wanted
  const proofs = await catalogue.proofs.list({ source: name, limit: 100 })
  const candidates = repositories.filter((repository) => held.has(repository))
  const [first = ''] = repositories
  if (candidates.length === 0) return wanted ?? first
  const provenMs = (repository: string): number =>
    Math.max(0, ...proofs.filter((proof) => proof.repository === repository).map(({ endedAt }) => endedAt.getTime()))
  return candidates.reduce((best, each) => (provenMs(each) < provenMs(best) ? each : best))
}
