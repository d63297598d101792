import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { findingViewSchema } from '../view/finding-view.ts'
import { instantSchema, nameSchema } from '../view/instant.ts'
import { repositoryViewSchema } from '../view/repository-view.ts'
import { runViewSchema } from '../view/run-view.ts'
import { settingsSchema } from '../view/settings.ts'

const sizeSchema = z.strictObject({ at: instantSchema, bytes: z.number().min(0) })

export const repositoryRoutes = {
  'repositories.list': defineRoute({
    name: 'repositories.list',
    method: 'GET',
    path: '/api/v1/repositories',
    summary: 'List where backups are kept',
    role: 'viewer',
    reply: {
      kind: 'json',
      schema: z.strictObject({ at: instantSchema, repositories: z.array(repositoryViewSchema) }),
    },
  }),
  'repositories.get': defineRoute({
    name: 'repositories.get',
    method: 'GET',
    path: '/api/v1/repositories/:repository',
    summary: 'Show everything about a repository',
    description: 'Sizes with their past of sixty days, forecast and cost; findings; the newest runs on it.',
    role: 'viewer',
    params: z.strictObject({ repository: nameSchema }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        at: instantSchema,
        repository: repositoryViewSchema,
        settings: settingsSchema,
        sources: z.array(z.string()).describe('Those that are to be kept there.'),
        sizes: z.array(sizeSchema).describe('Oldest first.'),
        runs: z.array(runViewSchema),
        findings: z.array(findingViewSchema),
      }),
    },
  }),
}
