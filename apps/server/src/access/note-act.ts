import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { ApiSurroundings, AuditedAct } from '../api/api-surroundings.ts'
import type { ServerLog } from '../server-log.ts'
import { exchangeOf } from './exchange.ts'

/** Adds what was asked for over the API to the audit log. That it could not be added is for the server's log. */
export function createActNotes(catalogue: Pick<Catalogue, 'audit'>, log: ServerLog): ApiSurroundings['audit'] {
  return async ({ caller, act, subject, outcome, code }: AuditedAct) => {
    // what somebody without a name was told to sign in for is no act; else anybody could fill the log
    const isSignIn = code === 'SIGN_IN_REFUSED' || code === 'PROVIDER_USER_REFUSED'
    if (caller.kind === 'nobody' && outcome !== 'done' && !isSignIn) return
    const detail = { address: exchangeOf(caller).address, ...(code !== undefined && { code }) }
    try {
      await catalogue.audit.append({ callerKind: caller.kind, caller: caller.name, act, subject, outcome, detail })
    } catch (error) {
      log.failure(`${act} of ${caller.name} is not in the audit log`, error, { subject, outcome })
    }
  }
}
