import { restoreOrderSchema } from '@holdfast/core/restore/restore-order'
import { restorePlanViewSchema } from '@holdfast/core/restore/restore-plan-view'
import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { runViewSchema } from '../view/run-view.ts'

export const restoreRoutes = {
  'restores.plan': defineRoute({
    name: 'restores.plan',
    method: 'POST',
    path: '/api/v1/restores/plan',
    summary: 'See what a restore would do',
    description:
      'Nothing is changed. Directories are those of the server’s machine, below `server.restoreTo` of the configuration. The reply names the order with everything decided that was left open, and a digest: both are needed to start it.',
    role: 'operator',
    body: restoreOrderSchema,
    reply: { kind: 'json', schema: restorePlanViewSchema },
  }),
  'restores.start': defineRoute({
    name: 'restores.start',
    method: 'POST',
    path: '/api/v1/restores',
    summary: 'Do what a plan says',
    description:
      'The plan is made again, now and when the restore begins: if it is no longer the same, nothing is done. What writes over something is for admins, and has to be confirmed by typing what the plan says; what was there is kept as a pinned snapshot.',
    role: 'operator',
    isRepeatable: true,
    act: 'restore.start',
    subject: ['digest'],
    body: z.strictObject({
      order: restoreOrderSchema.describe('Of the plan.'),
      digest: z.string().min(1).max(100).describe('Of the plan.'),
      confirmation: z.string().max(10_000).optional().describe('Where the plan asks for one.'),
    }),
    reply: { kind: 'json', schema: runViewSchema, status: 202 },
  }),
}
