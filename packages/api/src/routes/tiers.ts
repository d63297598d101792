import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { settingsSchema } from '../view/settings.ts'

export const tierRoutes = {
  'tiers.list': defineRoute({
    name: 'tiers.list',
    method: 'GET',
    path: '/api/v1/tiers',
    summary: 'List the promises that sources are given',
    role: 'viewer',
    reply: {
      kind: 'json',
      schema: z.strictObject({
        tiers: z.array(
          z.strictObject({
            name: z.string(),
            settings: settingsSchema,
            sources: z.array(z.string()).describe('Those that have it.'),
          }),
        ),
      }),
    },
  }),
}
