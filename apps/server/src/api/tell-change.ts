import type { Context } from '@holdfast/core/context'
import type { ApiSurroundings } from './api-surroundings.ts'

/**
 * A request has changed something: whoever asks or listens from now on is to see it. Does not fail: what was done is done,
 * and a client that was told otherwise would ask for it a second time.
 */
export async function tellChange(
  { status, feed, log }: Pick<ApiSurroundings, 'status' | 'feed' | 'log'>,
  ctx: Context,
): Promise<void> {
  status.forget()
  try {
    await feed.look(ctx)
  } catch (error) {
    // a client that left stops the look; nothing failed
    if (ctx.signal.aborted) return
    log.failure('a change is told later', error)
  }
}
