import type { Context } from '@holdfast/core/context'
import type { RetrievalRequest } from '@holdfast/storage/archive-class'
import type { Repository } from '../repository.ts'
import { type ArchivedNeed, waitHours } from './archived-packs.ts'

export interface RetrievalReport {
  /** were asked for now; the others were on their way already */
  readonly requested: number
  /** all of it can be read then */
  readonly readyAt: Date
}

/** Asks for what is archived to be brought back. Each is asked for once, so that it can be repeated. */
export async function requestArchived(
  { backend }: Repository,
  need: ArchivedNeed,
  request: RetrievalRequest,
  ctx: Context,
): Promise<RetrievalReport> {
  const missing = need.packs.filter(({ isRequested }) => !isRequested)
  const atOnce = backend.traits.connections
  for (let start = 0; start < missing.length; start += atOnce) {
    const some = missing.slice(start, start + atOnce)
    await Promise.all(
      some.map(async ({ id }) => await backend.requestRetrieval?.({ type: 'data', name: id }, request, ctx)),
    )
  }
  const waitMs = waitHours(need, request.tier) * 3_600_000
  return { requested: missing.length, readyAt: new Date(ctx.now().getTime() + waitMs) }
}
