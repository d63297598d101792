import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { nameSchema } from '../view/instant.ts'
import { cursorSchema, limitSchema } from '../view/page.ts'
import { checkViewSchema, proofViewSchema } from '../view/proof-view.ts'

export const proofRoutes = {
  'proofs.list': defineRoute({
    name: 'proofs.list',
    method: 'GET',
    path: '/api/v1/proofs',
    summary: 'List the restores that were tried, newest first',
    role: 'viewer',
    query: z.strictObject({ source: nameSchema.optional(), limit: limitSchema, before: cursorSchema }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        proofs: z.array(proofViewSchema),
        before: z.string().optional().describe('To ask for the next page with; absent on the last.'),
      }),
    },
  }),
  'proofs.get': defineRoute({
    name: 'proofs.get',
    method: 'GET',
    path: '/api/v1/proofs/:proof',
    summary: 'Show a proof with everything that was looked at',
    role: 'viewer',
    params: z.strictObject({ proof: z.string().min(1).max(200) }),
    reply: {
      kind: 'json',
      schema: z.strictObject({ proof: proofViewSchema, checks: z.array(checkViewSchema) }),
    },
  }),
}
