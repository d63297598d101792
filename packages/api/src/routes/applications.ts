import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { applicationViewSchema } from '../view/application-view.ts'
import { instantSchema, nameSchema } from '../view/instant.ts'
import { sourceViewSchema } from '../view/source-view.ts'

export const applicationRoutes = {
  'applications.list': defineRoute({
    name: 'applications.list',
    method: 'GET',
    path: '/api/v1/applications',
    summary: 'List sources that belong together, and how they stand together',
    role: 'viewer',
    reply: {
      kind: 'json',
      schema: z.strictObject({ at: instantSchema, applications: z.array(applicationViewSchema) }),
    },
  }),
  'applications.get': defineRoute({
    name: 'applications.get',
    method: 'GET',
    path: '/api/v1/applications/:application',
    summary: 'Show an application with its sources',
    role: 'viewer',
    params: z.strictObject({ application: nameSchema }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        at: instantSchema,
        application: applicationViewSchema,
        sources: z.array(sourceViewSchema),
      }),
    },
  }),
}
