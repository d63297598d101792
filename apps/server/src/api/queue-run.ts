import { createHash } from 'node:crypto'
import type { Caller } from '@holdfast/api/caller'
import type { Route, RouteInput } from '@holdfast/api/route'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { enqueueOnce } from '@holdfast/orchestrator/run/enqueue-once'
import type { Run, RunDraft } from '@holdfast/orchestrator/run/run'
import type { ApiSurroundings } from './api-surroundings.ts'
import { seesAbout } from './seen-by.ts'
import { tellChange } from './tell-change.ts'

/** Who asks for a run, how, and with what. */
interface Asked {
  readonly route: string
  readonly input: Pick<RouteInput<Route>, 'repeatKey'> & { readonly params: unknown; readonly body: unknown }
  readonly caller: Caller
}

/**
 * Queues a run that somebody asked for, or finds the one that they have asked for under the same key; then no draft is
 * made. Fails as `draft` does, with REQUEST_KEY_REUSED, CATALOGUE_….
 */
export async function queueRun(
  { route, input: { repeatKey, params, body }, caller }: Asked,
  draft: () => Promise<RunDraft>,
  { queue, catalogue, ...told }: Pick<ApiSurroundings, 'queue' | 'catalogue' | 'status' | 'feed' | 'log'>,
  ctx: Context,
): Promise<Run> {
  if (repeatKey === undefined) {
    const run = await queue.enqueue(await draft())
    if (run === undefined) throw new Error('a random key was taken')
    await tellChange(told, ctx)
    return run
  }
  const by = `${caller.kind}/${caller.name}`
  const digest = createHash('sha256')
    .update(JSON.stringify([route, params, body]))
    .digest('hex')
  const run = await enqueueOnce(catalogue, queue, { by, key: repeatKey, digest }, draft, ctx)
  // somebody of the same name may see less by now
  if (!seesAbout(caller, run)) throw new AppError('RUN_UNKNOWN', { id: run.id })
  await tellChange(told, ctx)
  return run
}
