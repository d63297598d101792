import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { instantSchema, nameSchema } from '../view/instant.ts'
import { proofViewSchema } from '../view/proof-view.ts'
import { runViewSchema } from '../view/run-view.ts'
import { settingsSchema } from '../view/settings.ts'
import { sourceViewSchema } from '../view/source-view.ts'

const heldSchema = z.strictObject({
  repository: z.string(),
  count: z.number(),
  oldest: instantSchema,
  newest: instantSchema,
  newestId: z.string(),
  newestBytes: z.number().optional(),
})

const logSchema = z.strictObject({
  followedAt: instantSchema.describe('When whoever follows it last said so.'),
  recoverableUntil: instantSchema.optional(),
  gap: z.string().optional().describe('Something is missing since then, until a newer backup closes it.'),
  lost: z.string().optional().describe('What a fail-over has cost.'),
  error: z.string().optional().describe('Why it is not followed.'),
})

export const sourceRoutes = {
  'sources.list': defineRoute({
    name: 'sources.list',
    method: 'GET',
    path: '/api/v1/sources',
    summary: 'List what is protected, and how it stands',
    role: 'viewer',
    reply: { kind: 'json', schema: z.strictObject({ at: instantSchema, sources: z.array(sourceViewSchema) }) },
  }),
  'sources.get': defineRoute({
    name: 'sources.get',
    method: 'GET',
    path: '/api/v1/sources/:source',
    summary: 'Show everything about a source',
    description: 'How it stands, what holds for it, what lies where, what was done and proven lately.',
    role: 'viewer',
    params: z.strictObject({ source: nameSchema }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        at: instantSchema,
        source: sourceViewSchema,
        settings: settingsSchema,
        held: z.array(heldSchema).describe('What each repository holds of it.'),
        log: logSchema.optional().describe('Of a source whose log is followed.'),
        runs: z.array(runViewSchema).describe('The newest twenty.'),
        proofs: z.array(proofViewSchema).describe('The newest ten.'),
      }),
    },
  }),
}
