import { verifyAudit } from '@holdfast/orchestrator/access/audit-chain'
import type { AnswersOf } from '../api/answers-of.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import { requireUnlimited } from '../api/seen-by.ts'

export function createAuditAnswers({ catalogue }: Pick<ApiSurroundings, 'catalogue'>): AnswersOf<'audit'> {
  return {
    async 'audit.list'({ query }, caller) {
      requireUnlimited(caller)
      const { caller: by, act, since, before, limit } = query
      const filter = {
        limit,
        ...(by !== undefined && { caller: by }),
        ...(act !== undefined && { act }),
        ...(since !== undefined && { since: new Date(since) }),
        ...(before !== undefined && { before }),
      }
      const entries = await catalogue.audit.list(filter)
      return {
        entries: entries.map((entry) => ({ ...entry, detail: { ...entry.detail }, at: entry.at.toISOString() })),
      }
    },
    async 'audit.verify'(_input, caller) {
      requireUnlimited(caller)
      return await verifyAudit(catalogue.audit)
    },
  }
}
