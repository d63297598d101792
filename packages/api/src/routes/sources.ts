import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { instantSchema } from '../view/instant.ts'
import { sourceViewSchema } from '../view/source-view.ts'

export const sourceRoutes = {
  'sources.list': defineRoute({
    name: 'sources.list',
    method: 'GET',
    path: '/api/v1/sources',
    summary: 'List what is protected, and how it stands',
    role: 'viewer',
    reply: { kind: 'json', schema: z.strictObject({ at: instantSchema, sources: z.array(sourceViewSchema) }) },
  }),
}
