import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { findingViewSchema } from '../view/finding-view.ts'
import { nameSchema } from '../view/instant.ts'

export const findingRoutes = {
  'findings.list': defineRoute({
    name: 'findings.list',
    method: 'GET',
    path: '/api/v1/findings',
    summary: 'List what needs attention, the most urgent first',
    role: 'viewer',
    query: z.strictObject({
      source: nameSchema.optional(),
      resolvedDays: z.coerce
        .number()
        .int()
        .min(0)
        .max(400)
        .default(0)
        .describe('Also those that ended within so many days.'),
    }),
    reply: { kind: 'json', schema: z.strictObject({ findings: z.array(findingViewSchema) }) },
  }),
  'findings.acknowledge': defineRoute({
    name: 'findings.acknowledge',
    method: 'POST',
    path: '/api/v1/findings/:key/acknowledge',
    summary: 'Say that somebody sees to a finding',
    description:
      'It is not repeated any more, until it is over or becomes more severe. An anomaly keeps old backups from being forgotten until somebody says by `isExpected` that the source should look as it does now.',
    role: 'operator',
    act: 'finding.acknowledge',
    params: z.strictObject({
      key: z
        .string()
        .min(1)
        .max(1000)
        .meta({ examples: ['overdue:source/shop'] }),
    }),
    body: z.strictObject({
      note: z.string().max(2000).default('').describe('Why, for the others.'),
      isExpected: z.boolean().default(false),
    }),
    reply: { kind: 'json', schema: findingViewSchema },
  }),
}
