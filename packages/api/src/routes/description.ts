import { z } from 'zod'
import { defineRoute } from '../route.ts'

export const descriptionRoutes = {
  'description.get': defineRoute({
    name: 'description.get',
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'Describe this interface as OpenAPI 3.1',
    role: 'public',
    reply: { kind: 'json', schema: z.record(z.string(), z.unknown()) },
  }),
}
