import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { eventViewSchema } from '../view/event-view.ts'

export const eventRoutes = {
  'events.stream': defineRoute({
    name: 'events.stream',
    method: 'GET',
    path: '/api/v1/events',
    summary: 'Hear of changes as they happen',
    description:
      'Server-sent events. Who comes back with the id of the last one seen, by the header Last-Event-ID or by `after`, is told what came since; where that is not known any more, the first event is `reset`. Changes made by other servers on the same catalogue come within about a second; progress comes from the runs that the asked server does itself.',
    role: 'viewer',
    query: z.strictObject({
      after: z.string().max(100).optional().describe('Id of the last event that was seen.'),
    }),
    reply: { kind: 'events', schema: eventViewSchema },
  }),
}
