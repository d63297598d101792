import { type Caller, maySee } from '@holdfast/api/caller'
import type { RouteInput } from '@holdfast/api/route'
import type { Routes } from '@holdfast/api/routes'
import { AppError } from '@holdfast/core/errors/app-error'
import { draftByHand, type WantedRun } from '@holdfast/orchestrator/planning/draft-by-hand'
import { findRun } from '@holdfast/orchestrator/run/find-run'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { configSeenBy, requireUnlimited, seesAbout } from './seen-by.ts'
import { queueRun } from './queue-run.ts'
import { tellChange } from './tell-change.ts'
import { viewOfRun } from './view-of-run.ts'

export function createRunAnswers(surroundings: ApiSurroundings): AnswersOf<'runs'> {
  const { catalogue, queue, config } = surroundings
  /** Fails with RUN_UNKNOWN, also for one that the caller may not see. */
  const seenRun = async (id: string, caller: Caller): Promise<Run> => {
    // what is no part of an id is not worth a look at thousands of runs
    if (!/^[0-9a-f-]{4,36}$/.test(id)) throw new AppError('RUN_UNKNOWN', { id })
    const run = await findRun(catalogue, id)
    if (!seesAbout(caller, run)) throw new AppError('RUN_UNKNOWN', { id })
    return run
  }
  return {
    async 'runs.list'({ query }, caller) {
      const { source, repository, operation, state, limit, before } = query
      const { sources } = caller
      const found = await catalogue.runs.list({
        limit,
        ...(sources !== undefined && { sources }),
        ...(source !== undefined && { source }),
        ...(repository !== undefined && { repository }),
        ...(operation !== undefined && { operation }),
        ...(state !== undefined && { states: [state] }),
        ...(before !== undefined && { before }),
      })
      const last = found.length === limit ? found.at(-1) : undefined
      return { runs: found.map(viewOfRun), ...(last !== undefined && { before: last.id }) }
    },

    'runs.get': async ({ params }, caller) => viewOfRun(await seenRun(params.run, caller)),

    async 'runs.start'(input, caller, ctx) {
      const { body } = input
      if (!('source' in body)) requireUnlimited(caller)
      const draft = async () => draftByHand(wantedOf(body, caller), configSeenBy(caller, config()), ctx.now())
      return viewOfRun(await queueRun({ route: 'runs.start', input, caller }, draft, surroundings, ctx))
    },

    async 'runs.cancel'({ params }, caller, ctx) {
      const run = await seenRun(params.run, caller)
      if (run.source === undefined || !maySee(caller, run.source)) requireUnlimited(caller)
      if (!(await queue.cancel(run.id))) throw new AppError('RUN_ENDED', { id: run.id, state: run.state })
      await tellChange(surroundings, ctx)
      return viewOfRun((await catalogue.runs.get(run.id)) ?? run)
    },
  }
}

function wantedOf(body: RouteInput<Routes['runs.start']>['body'], { name }: Caller): WantedRun {
  const nothing = { repository: undefined, from: undefined, target: undefined, parts: undefined }
  const { operation, ...rest } = body
  // of a repository as a whole, its name is what the run is about
  if (!('source' in rest))
    return { ...nothing, ...rest, operation, name: rest.repository, repository: undefined, by: name }
  const { source, ...others } = rest
  return { ...nothing, ...others, operation, name: source, by: name }
}
