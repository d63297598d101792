import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { applicationViewSchema } from '../view/application-view.ts'
import { findingViewSchema } from '../view/finding-view.ts'
import { instantSchema } from '../view/instant.ts'
import { repositoryViewSchema } from '../view/repository-view.ts'
import { sourceViewSchema } from '../view/source-view.ts'

export const statusRoutes = {
  'status.get': defineRoute({
    name: 'status.get',
    method: 'GET',
    path: '/api/v1/status',
    summary: 'Show how everything stands',
    description: 'What `holdfast status` shows. A caller that may see some sources only gets what belongs to them.',
    role: 'viewer',
    reply: {
      kind: 'json',
      schema: z.strictObject({
        at: instantSchema,
        isAllKept: z.boolean(),
        version: z.string().describe('Of the server.'),
        sources: z.array(sourceViewSchema),
        applications: z.array(applicationViewSchema),
        repositories: z.array(repositoryViewSchema),
        otherFindings: z.array(findingViewSchema).describe('Those about no source.'),
      }),
    },
  }),
  'status.report': defineRoute({
    name: 'status.report',
    method: 'GET',
    path: '/api/v1/report',
    summary: 'Write the status with its history as a page',
    role: 'viewer',
    query: z.strictObject({
      format: z.enum(['html', 'markdown']).default('html'),
      days: z.coerce
        .number()
        .int()
        .min(1)
        .max(800)
        .optional()
        .describe(
          'How far back it looks: with many sources, at most 40 000 days of a source in all. Unless given, 30, or fewer where that is too much.',
        ),
    }),
    reply: { kind: 'file' },
  }),
}
