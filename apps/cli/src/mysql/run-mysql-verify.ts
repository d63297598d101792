import { formatSize } from '@holdfast/core/units/size'
import { mysqlClientPlace } from '@holdfast/orchestrator/mysql/mysql-client-place'
import type { MysqlProof } from '@holdfast/orchestrator/mysql/prove-mysql'
import { proveMysqlSource } from '@holdfast/orchestrator/mysql/prove-mysql-source'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import type { VerifyOptions } from '../command/verify.ts'
import { renderChecks } from '../proof/check-table.ts'
import type { ProofRequest } from '../proof/proof-request.ts'
import type { ShownProof } from '../proof/record-proof.ts'
import { formatSeconds, verdictLine } from '../proof/verdict-line.ts'
import { mysqlRecoveryPoint } from './mysql-recovery-target.ts'

export async function runMysqlVerify(
  repository: Repository,
  { at, ...request }: ProofRequest,
  { options, variables, ctx }: Invocation<VerifyOptions>,
): Promise<ShownProof> {
  const proof = await proveMysqlSource(
    repository,
    {
      ...request,
      at: at === 'random' ? at : mysqlRecoveryPoint(at, undefined),
      client: mysqlClientPlace(options.mysqlBin, variables),
    },
    ctx,
  )
  return { proof, text: renderMysqlProof(proof) }
}

function renderMysqlProof(proof: MysqlProof): string {
  const { phases, until, snapshotId, checks } = proof
  const instant = until === undefined ? '' : `, everything committed by ${until}`
  return [
    renderChecks(checks),
    `${proof.method === 'logical' ? 'loaded' : 'restored'} ${snapshotId.slice(0, 8)} with a server ${proof.serverVersion}${instant}: ${formatSize(proof.dataBytes)}, ${formatSize(proof.walBytes)} of binary log`,
    `started in ${formatSeconds(phases.startMs)}, loaded and replayed in ${formatSeconds(phases.replayMs)}, checked in ${formatSeconds(phases.checkMs)}`,
    verdictLine(proof),
  ].join('\n')
}
