import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { nameSchema } from '../view/instant.ts'

export const notificationRoutes = {
  'notifications.test': defineRoute({
    name: 'notifications.test',
    method: 'POST',
    path: '/api/v1/notifications/test',
    summary: 'Send a test message to notification channels',
    role: 'operator',
    act: 'notification.test',
    body: z.strictObject({ channels: z.array(nameSchema).max(100).default([]).describe('All when empty.') }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        results: z.array(
          z.strictObject({
            channel: z.string(),
            isTaken: z.boolean(),
            error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
          }),
        ),
      }),
    },
  }),
}
