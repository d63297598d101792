import { randomBytes } from 'node:crypto'
import type { EventView } from '@holdfast/api/view/event-view'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Event } from '@holdfast/core/events/event'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { EventReply } from '../api/route-answer.ts'
import { createChangeWatch } from './change-watch.ts'
import { createEventRing, parsePlace, placeText } from './event-ring.ts'
import { progressOf } from './progress-of.ts'

/** Of a busy minute with a thousand sources. */
const ringSize = 2_000
/** Who went away and comes back within this time is told what was missed. */
const lingerMs = 300_000
/** Then a client comes back by itself, and has to show again that it may. */
const streamMs = 600_000
const mostStreams = 200

/**
 * What has changed, for those who listen. The catalogue is compared with itself once a second, as long as somebody
 * listens or did so lately: changes made by other servers and by commands are told as well.
 */
export interface EventFeed {
  /** A stream that goes on after a place, or begins with `reset`. Fails with CATALOGUE_… or REQUESTS_TOO_MANY. */
  listen(
    after: string | undefined,
    sees: (event: EventView) => boolean,
    ctx: Context,
  ): Promise<AsyncIterable<EventReply<EventView>>>
  /** Compares, if there is anybody to tell. To be called once a second, and when something has changed here. */
  look(ctx: Context): Promise<void>
  /** How far a run is that is done here. */
  progressed(run: Pick<Run, 'id' | 'operation' | 'source' | 'repository'>, event: Event): void
  reloaded(digest: string, at: Date): void
}

export function createEventFeed(catalogue: Pick<Catalogue, 'runs' | 'findings'>): EventFeed {
  const ring = createEventRing(ringSize, () => randomBytes(4).toString('hex'))
  const watch = createChangeWatch(catalogue)
  let streams = 0
  let quietSinceMs = Number.NEGATIVE_INFINITY
  let isWatching = false
  /** one look at a time: two would tell the same twice */
  let looking: Promise<void> = Promise.resolve()
  const lookOnce = async (ctx: Context): Promise<void> => {
    for (const event of await watch.look(ctx)) ring.append(event)
    isWatching = true
  }
  const lookNow = (ctx: Context): Promise<void> => (looking = looking.catch(() => {}).then(() => lookOnce(ctx)))
  const tell = (event: EventView): void => {
    if (isWatching) ring.append(event)
  }

  async function* stream(after: string | undefined, sees: (event: EventView) => boolean, ctx: Context) {
    const ends = AbortSignal.any([ctx.signal, AbortSignal.timeout(streamMs)])
    streams += 1
    try {
      let place = after === undefined ? undefined : parsePlace(after)
      while (!ends.aborted) {
        const next = place === undefined ? 'lost' : ring.after(place)
        if (next === 'none') await ring.changed(ends)
        else if (next === 'lost') {
          place = ring.end()
          yield { id: placeText(place), data: { type: 'reset' } as const }
        } else {
          place = next.place
          if (sees(next.event)) yield { id: placeText(place), data: next.event }
        }
      }
    } finally {
      streams -= 1
      quietSinceMs = ctx.now().getTime()
    }
  }

  return {
    async listen(after, sees, ctx) {
      if (streams >= mostStreams) throw new AppError('REQUESTS_TOO_MANY', { what: 'streams of events', seconds: 60 })
      // so that what a client reads after the first event is no older than what it will be told of
      if (!isWatching) await lookNow(ctx)
      quietSinceMs = ctx.now().getTime()
      return stream(after, sees, ctx)
    },
    async look(ctx) {
      if (!isWatching) return
      if (streams === 0 && ctx.now().getTime() - quietSinceMs > lingerMs) {
        isWatching = false
        watch.forget()
        ring.restart()
        return
      }
      await lookNow(ctx)
    },
    progressed({ id, operation, source, repository }, event) {
      const progress = progressOf(event)
      if (progress === undefined) return
      const about = { ...(source !== undefined && { source }), ...(repository !== undefined && { repository }) }
      tell({ type: 'run.progressed', runId: id, operation, ...about, progress })
    },
    reloaded: (digest, at) => tell({ type: 'config.reloaded', at: at.toISOString(), digest }),
  }
}
