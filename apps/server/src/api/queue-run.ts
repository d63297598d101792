import type { Context } from '@holdfast/core/context'
import type { Run, RunDraft } from '@holdfast/orchestrator/run/run'
import type { ApiSurroundings } from './api-surroundings.ts'
import { tellChange } from './tell-change.ts'

/** Queues a run that somebody asked for. Fails with CATALOGUE_…. */
export async function queueRun(
  draft: RunDraft,
  { queue, ...told }: Pick<ApiSurroundings, 'queue' | 'status' | 'feed' | 'log'>,
  ctx: Context,
): Promise<Run> {
  const run = await queue.enqueue(draft)
  if (run === undefined) throw new Error('a random key was taken')
  await tellChange(told, ctx)
  return run
}
