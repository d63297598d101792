import { parseAssertion } from '@holdfast/connectors/postgresql/proof/assertion'
import { parseColumn, parseRelation } from '@holdfast/connectors/postgresql/proof/relation-check'
import { formatSize } from '@holdfast/core/units/size'
import { mysqlClientPlace } from '@holdfast/orchestrator/mysql/mysql-client-place'
import type { MysqlProof } from '@holdfast/orchestrator/mysql/prove-mysql'
import { proveMysqlSource } from '@holdfast/orchestrator/mysql/prove-mysql-source'
import { saveProof } from '@holdfast/orchestrator/proof/save-proof'
import type { Invocation } from '../command/command.ts'
import type { VerifyOptions } from '../command/verify.ts'
import { printable } from '../output/printable.ts'
import { renderChecks } from '../postgresql/check-table.ts'
import { parseRecoveryPoint } from '../postgresql/recovery-point.ts'
import { saveSettingsOf } from '../postgresql/save-settings-of.ts'
import { currentIdentity } from '../session/identity.ts'
import { openSession } from '../session/open-session.ts'
import { defaultWorkers } from '../session/worker-count.ts'
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
  const point = at === 'random' ? at : mysqlRecoveryPoint(parseRecoveryPoint(at, '--at'), undefined)
  const lock = options.noRecord ? 'read' : 'append'
  await using session = await openSession(invocation, { lock, changesNothing: options.noRecord })
  const { repository } = session
  const proof = await proveMysqlSource(
    repository,
    {
      source,
      at: point,
      atText: at,
      ...(options.method === undefined ? {} : { method: options.method }),
      expectation,
      client: mysqlClientPlace(options.mysqlBin, variables),
      workers: defaultWorkers(),
      random: Math.random,
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
