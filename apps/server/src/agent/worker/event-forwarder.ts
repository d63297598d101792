import { type AgentEvent, agentEventSchema, type AgentSelf } from '@holdfast/api/view/agent-view'
import type { Context } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import type { ServerLink } from './server-link.ts'

export interface EventForwarder {
  take(runId: string, event: Event): void
  /** Sends what has come; what the server does not take is not sent again: all of it is in the agent's own log. */
  flush(ctx: Context): Promise<void>
}

const mostWaiting = 1_000
const mostAtOnce = 100

/** Tells the server what happens in runs, some of it later and none of it at any price. */
export function createEventForwarder(link: Pick<ServerLink, 'ask'>, self: AgentSelf): EventForwarder {
  const waiting = new Map<string, AgentEvent[]>()
  let count = 0
  return {
    take(runId, event) {
      const read = agentEventSchema.safeParse(event)
      if (!read.success) return
      const events = waiting.get(runId) ?? []
      const last = events.at(-1)
      // of progress only the newest counts
      if (last?.type === 'backup.progressed' && read.data.type === last.type) events[events.length - 1] = read.data
      else if (count < mostWaiting) {
        events.push(read.data)
        count += 1
      }
      waiting.set(runId, events)
    },
    async flush(ctx) {
      const all = [...waiting]
      waiting.clear()
      count = 0
      for (const [run, events] of all) {
        for (let start = 0; start < events.length; start += mostAtOnce) {
          await link.ask('agents.events', { self, run, events: events.slice(start, start + mostAtOnce) }, ctx)
        }
      }
    },
  }
}
