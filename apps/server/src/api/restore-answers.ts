import { randomUUID } from 'node:crypto'
import { type Caller, mayDo } from '@holdfast/api/caller'
import type { restoreRoutes } from '@holdfast/api/routes/restores'
import type { RestorePlanView } from '@holdfast/core/restore/restore-plan-view'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { planChanged } from '@holdfast/orchestrator/restore/plan-changed'
import { draftRestore } from '@holdfast/orchestrator/restore/restore-run'
import type { RunDraft } from '@holdfast/orchestrator/run/run'
import type { ReadingSurroundings } from './reading-surroundings.ts'
import { makeRestorePlan } from './make-restore-plan.ts'
import { queueRun } from './queue-run.ts'
import type { RouteAnswer } from './route-answer.ts'
import { viewOfRun } from './view-of-run.ts'

type Routes = typeof restoreRoutes
export type RestoreAnswers = { readonly [Name in keyof Routes]: RouteAnswer<Routes[Name]> }

export function createRestoreAnswers(surroundings: ReadingSurroundings): RestoreAnswers {
  return {
    async 'restores.plan'({ body }, caller, ctx) {
      return await makeRestorePlan(body, caller, surroundings, ctx)
    },
    async 'restores.start'(input, caller, ctx) {
      const { order, digest, confirmation } = input.body
      const draft = async (): Promise<RunDraft> => {
        const plan = await makeRestorePlan(order, caller, surroundings, ctx)
        if (plan.digest !== digest) throw planChanged(plan)
        requireConsent(plan, confirmation, caller)
        return draftOf(plan, caller, surroundings, ctx)
      }
      return viewOfRun(await queueRun({ route: 'restores.start', input, caller }, draft, surroundings, ctx))
    },
  }
}

/** What writes over something is for admins, who say so. Fails with RESTORE_ADMIN_ONLY, RESTORE_NOT_CONFIRMED. */
function requireConsent(
  { role, confirmation: asked, target, order: { source } }: RestorePlanView,
  given: string | undefined,
  caller: Caller,
): void {
  if (!mayDo(caller, role)) throw new AppError('RESTORE_ADMIN_ONLY', { source })
  if (asked === undefined || given === asked) return
  throw new AppError('RESTORE_NOT_CONFIRMED', { source, target, confirmation: JSON.stringify(asked) })
}

/** A plan that was agreed to becomes a run. */
export function draftOf(
  plan: RestorePlanView,
  caller: Caller,
  { config }: Pick<ReadingSurroundings, 'config'>,
  ctx: Context,
): RunDraft {
  return draftRestore(plan, { by: caller.name, uniqueKey: `restore/${randomUUID()}`, now: ctx.now() }, config())
}
