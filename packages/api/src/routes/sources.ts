import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { durationMsSchema, instantSchema, nameSchema } from '../view/instant.ts'
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

const stretchSchema = z.strictObject({ from: instantSchema, until: instantSchema })

const coverageSchema = z.strictObject({
  at: instantSchema,
  source: z.string(),
  repository: z.string().describe('The one that was looked at.'),
  ranges: z
    .array(stretchSchema.extend({ backups: z.number() }))
    .describe(
      'Oldest first. Every instant of a range can be recovered; a backup without a log is a range of one instant.',
    ),
  gaps: z
    .array(stretchSchema.extend({ reason: z.enum(['log-missing', 'wal-level-minimal', 'no-log']) }))
    .describe('Between the ranges, where nothing can be recovered.'),
  lostMs: durationMsSchema
    .optional()
    .describe('How much would be lost if the source were lost now. Absent: nothing can be recovered.'),
  backups: z.number(),
  logFiles: z.number(),
  logBytes: z.number().describe('Before deduplication and compression.'),
  timeline: z.number().optional().describe('Of PostgreSQL: the one that this is about.'),
  timelines: z.array(z.number()).optional().describe('All of which there is something.'),
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
  'sources.coverage': defineRoute({
    name: 'sources.coverage',
    method: 'GET',
    path: '/api/v1/sources/:source/coverage',
    summary: 'Show which instants of a source can be recovered',
    description:
      'What `holdfast coverage` shows, read from the repository itself: the one that is named, or the first that holds the source.',
    role: 'viewer',
    params: z.strictObject({ source: nameSchema }),
    query: z.strictObject({
      repository: nameSchema.optional(),
      timeline: z.coerce
        .number()
        .int()
        .min(1)
        .max(2 ** 32 - 1)
        .optional()
        .describe('Of PostgreSQL; the newest unless given.'),
    }),
    reply: { kind: 'json', schema: coverageSchema },
  }),
}
