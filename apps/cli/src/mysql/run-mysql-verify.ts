import { parseAssertion } from '@holdfast/connectors/postgresql/proof/assertion'
import { parseColumn, parseRelation } from '@holdfast/connectors/postgresql/proof/relation-check'
import { coverage } from '@holdfast/connectors/mysql/recovery/coverage'
import type { MysqlRecoveryPoint } from '@holdfast/connectors/mysql/recovery/recovery-point'
import type { Context } from '@holdfast/core/context'
import { formatSize } from '@holdfast/core/units/size'
import { baseOf, listMysqlBackups } from '@holdfast/orchestrator/mysql/list-mysql-backups'
import { type MysqlProof, proveMysql } from '@holdfast/orchestrator/mysql/prove-mysql'
import { proveMysqlDirectory } from '@holdfast/orchestrator/mysql/prove-mysql-directory'
import { readMysqlMaterial } from '@holdfast/orchestrator/mysql/read-mysql-material'
import { saveProof } from '@holdfast/orchestrator/proof/save-proof'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import type { VerifyOptions } from '../command/verify.ts'
import { printable } from '../output/printable.ts'
import { renderChecks } from '../postgresql/check-table.ts'
import { parseRecoveryPoint } from '../postgresql/recovery-point.ts'
import { saveSettingsOf } from '../postgresql/save-settings-of.ts'
import { currentIdentity } from '../session/identity.ts'
import { openSession } from '../session/open-session.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { mysqlClientPlace } from './mysql-client-place.ts'
import { mysqlRecoveryPoint } from './mysql-recovery-target.ts'

/** Proves a source and keeps the evidence. The exit code is 1 when a check failed. */
export async function runMysqlVerify(source: string, invocation: Invocation<VerifyOptions>): Promise<number> {
  const { options, output, variables, ctx } = invocation
  const expectation = {
    assertions: options.assert.map(parseAssertion),
    relations: options.relation.map(parseRelation),
    unique: options.unique.map((text) => parseColumn(text, '--unique')),
  }
  const at = options.at ?? 'latest'
  const given = at === 'random' ? undefined : mysqlRecoveryPoint(parseRecoveryPoint(at, '--at'), undefined)
  const lock = options.noRecord ? 'read' : 'append'
  await using session = await openSession(invocation, { lock, changesNothing: options.noRecord })
  const { repository } = session
  const method = options.method ?? (await newestMethod(repository, source, ctx))
  const stop = given ?? (await chooseInstant(repository, source, method, ctx))
  const prove = method === 'physical' ? proveMysqlDirectory : proveMysql
  const proof = await prove(
    repository,
    {
      source,
      target: { stop, inclusive: true, without: [] },
      targetText: at === 'random' && stop.type === 'time' ? `random: ${stop.at}` : at,
      expectation,
      client: mysqlClientPlace(options.mysqlBin, variables),
      workers: defaultWorkers(),
      ...(options.sandbox === undefined ? {} : { sandboxParent: options.sandbox }),
    },
    ctx,
  )
  const settings = saveSettingsOf(invocation, currentIdentity().hostname)
  const recorded = options.noRecord ? undefined : await saveProof(repository, proof, settings, ctx)
  output.line(renderMysqlProof(proof))
  if (recorded !== undefined) output.note(`the evidence is kept as snapshot ${recorded.slice(0, 8)}`)
  output.message({ message_type: 'summary', proof, ...(recorded === undefined ? {} : { proof_snapshot_id: recorded }) })
  return proof.verdict === 'passed' ? 0 : 1
}

async function newestMethod(repository: Repository, source: string, ctx: Context): Promise<'logical' | 'physical'> {
  const { backups } = await listMysqlBackups(repository, source, ctx)
  return backups.at(-1)?.manifest.method ?? 'logical'
}

/** An instant that nobody chose: what can be recovered only at the instants that people look at is not proven. */
async function chooseInstant(
  repository: Repository,
  source: string,
  method: 'logical' | 'physical',
  ctx: Context,
): Promise<MysqlRecoveryPoint> {
  const { backups, slices } = await readMysqlMaterial(repository, source, ctx)
  const own = backups.filter(({ manifest }) => manifest.method === method)
  const ranges = coverage(own.map(baseOf), slices)?.ranges ?? []
  const spans = ranges.map(({ from, until }) => ({
    from: Date.parse(from) + 1,
    ms: Math.max(0, Date.parse(until) - Date.parse(from) - 2),
  }))
  let left = Math.random() * spans.reduce((sum, { ms }) => sum + ms, 0)
  for (const { from, ms } of spans) {
    if (left < ms) return { type: 'time', at: new Date(from + Math.floor(left)).toISOString().replace('Z', '000Z') }
    left -= ms
  }
  return { type: 'latest' }
}

function renderMysqlProof(proof: MysqlProof): string {
  const { phases, until, snapshotId, checks, source, verdict, recoveryMs } = proof
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  const instant = until === undefined ? '' : `, everything committed by ${until}`
  const wrong = checks.filter((check) => check.verdict === 'failed')
  const names = wrong.map(({ name, subject }) => (subject === '' ? name : `${name} of ${subject}`)).join(', ')
  return [
    renderChecks(checks),
    `${proof.method === 'logical' ? 'loaded' : 'restored'} ${snapshotId.slice(0, 8)} with a server ${proof.serverVersion}${instant}: ${formatSize(proof.dataBytes)}, ${formatSize(proof.walBytes)} of binary log`,
    `started in ${seconds(phases.startMs)}, loaded and replayed in ${seconds(phases.replayMs)}, checked in ${seconds(phases.checkMs)}`,
    verdict === 'passed'
      ? `${source} is proven: a recovery takes ${seconds(recoveryMs)}`
      : `${source} is NOT proven: ${printable(names)} failed`,
  ].join('\n')
}
