import { z } from 'zod'
import { defineRoute } from '../route.ts'
import { nameSchema } from '../view/instant.ts'
import { operationSchema, runStateSchema, runViewSchema } from '../view/run-view.ts'
import { cursorSchema, limitSchema } from '../view/page.ts'

const runParams = z.strictObject({
  run: z.string().min(1).max(100).describe('Its id, or a beginning or end of it that only one of the newest has.'),
})

const wantedRunSchema = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('backup'), source: nameSchema }),
  z.strictObject({
    operation: z.literal('copy'),
    source: nameSchema,
    from: nameSchema.optional().describe('A repository; the first that has it.'),
    repository: nameSchema.optional().describe('To this one.'),
  }),
  z.strictObject({ operation: z.literal('forget'), source: nameSchema, repository: nameSchema.optional() }),
  z.strictObject({
    operation: z.literal('verify'),
    source: nameSchema,
    repository: nameSchema.optional(),
    target: z.enum(['newest', 'random']).default('newest'),
  }),
  z.strictObject({ operation: z.literal('prune'), repository: nameSchema }),
  z.strictObject({
    operation: z.literal('check'),
    repository: nameSchema,
    parts: z
      .string()
      .max(2000)
      .optional()
      .describe('Read these parts of the data too: 3/12, or 1,2/12.')
      .meta({ examples: ['3/12'] }),
  }),
])

export const runRoutes = {
  'runs.list': defineRoute({
    name: 'runs.list',
    method: 'GET',
    path: '/api/v1/runs',
    summary: 'List what was done, is being done and waits, newest first',
    role: 'viewer',
    query: z.strictObject({
      source: nameSchema.optional(),
      repository: nameSchema.optional(),
      operation: operationSchema.optional(),
      state: runStateSchema.optional(),
      limit: limitSchema,
      before: cursorSchema,
    }),
    reply: {
      kind: 'json',
      schema: z.strictObject({
        runs: z.array(runViewSchema),
        before: z.string().optional().describe('To ask for the next page with; absent on the last.'),
      }),
    },
  }),
  'runs.get': defineRoute({
    name: 'runs.get',
    method: 'GET',
    path: '/api/v1/runs/:run',
    summary: 'Show everything about a run',
    role: 'viewer',
    params: runParams,
    reply: { kind: 'json', schema: runViewSchema },
  }),
  'runs.start': defineRoute({
    name: 'runs.start',
    method: 'POST',
    path: '/api/v1/runs',
    summary: 'Ask for one operation now',
    description:
      'It is queued before everything that a schedule asked for, keeps to the same limits, and is done once: whoever sees it fail decides whether to ask again. What follows a backup (copies, retention) follows it, too. A proof is asked for by the operation verify.',
    role: 'operator',
    isRepeatable: true,
    act: 'run.start',
    subject: ['operation', 'source', 'repository'],
    body: wantedRunSchema,
    reply: { kind: 'json', schema: runViewSchema, status: 202 },
  }),
  'runs.cancel': defineRoute({
    name: 'runs.cancel',
    method: 'POST',
    path: '/api/v1/runs/:run/cancel',
    summary: 'Cancel a run that waits or is being done',
    description: 'One that is being done is told within a quarter of a minute, and stops as soon as that is safe.',
    role: 'operator',
    act: 'run.cancel',
    params: runParams,
    reply: { kind: 'json', schema: runViewSchema, status: 202 },
  }),
}
