import { parseChecks } from '@holdfast/api/view/proof-view'
import { AppError } from '@holdfast/core/errors/app-error'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { seesAbout } from './seen-by.ts'
import { viewOfProof } from './view-of-proof.ts'

export function createProofAnswers({ catalogue: { proofs } }: ApiSurroundings): AnswersOf<'proofs'> {
  return {
    async 'proofs.list'({ query: { source, limit, before } }, { sources }) {
      const found = await proofs.list({
        limit,
        ...(sources !== undefined && { sources }),
        ...(source !== undefined && { source }),
        ...(before !== undefined && { before }),
      })
      const last = found.length === limit ? found.at(-1) : undefined
      return { proofs: found.map(viewOfProof), ...(last !== undefined && { before: last.id }) }
    },

    async 'proofs.get'({ params }, caller) {
      const found = await proofs.get(params.proof)
      if (found === undefined || !seesAbout(caller, found)) throw new AppError('PROOF_UNKNOWN', { id: params.proof })
      return { proof: viewOfProof(found), checks: parseChecks(found.checks) }
    },
  }
}
