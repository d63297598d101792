import { clientPlaceOf } from '@holdfast/orchestrator/postgresql/client-place'
import { proveSource } from '@holdfast/orchestrator/postgresql/prove-source'
import type { Repository } from '@holdfast/repository/repository'
import type { Invocation } from '../command/command.ts'
import type { VerifyOptions } from '../command/verify.ts'
import type { ProofRequest } from '../proof/proof-request.ts'
import type { ShownProof } from '../proof/record-proof.ts'
import { renderProof } from './proof-report.ts'

export async function runPostgresVerify(
  repository: Repository,
  request: ProofRequest,
  { options, variables, ctx }: Invocation<VerifyOptions>,
): Promise<ShownProof> {
  const proof = await proveSource(
    repository,
    {
      ...request,
      ...(options.inImage === undefined ? {} : { image: options.inImage }),
      client: clientPlaceOf(options.postgresBin, variables),
    },
    ctx,
  )
  return { proof, text: renderProof(proof) }
}
